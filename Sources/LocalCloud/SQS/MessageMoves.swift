/// Runs the tasks that move messages, beside the requests: also those that were under way when the cloud last ended.
final class MessageMoves: Sendable {
  private let store: QueueStore
  private let tasks = BackgroundTasks()

  init(_ store: QueueStore) { self.store = store }

  func resume() throws(ServiceError) { for task in try store.runningMoves() { run(task) } }

  func run(_ task: MoveTask) {
    tasks.run { [store] in
      let report = FaultReport()
      while !Task.isCancelled {
        var pause: Duration? = task.rate.map { _ in .seconds(1) }
        do throws(ServiceError) {
          guard try await store.movePiece(of: task.row) else { return }
          report.succeeded()
        } catch {
          report.failed(
            "the move of messages from \(task.source) will be tried again: \(error.message ?? error.type)")
          pause = .seconds(1)
        }
        guard let pause else {
          await Task.yield()
          continue
        }
        do { try await Task.sleep(for: pause) } catch { return }
      }
    }
  }

  func stop() async { await tasks.stop() }
}
