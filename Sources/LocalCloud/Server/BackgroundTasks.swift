import Synchronization

/// Tasks that run beside their starter and end, cancelled, with `stop`.
final class BackgroundTasks: Sendable {
  private struct State {
    var tasks: [UInt64: Task<Void, Never>] = [:]
    var next: UInt64 = 0
    var isStopping = false
  }
  private let state = Mutex(State())

  func run(_ body: @escaping @Sendable () async -> Void) {
    state.withLock { state in
      guard !state.isStopping else { return }
      state.next += 1
      let id = state.next
      state.tasks[id] = Task {
        await body()
        self.state.withLock { _ = $0.tasks.removeValue(forKey: id) }
      }
    }
  }

  func stop() async {
    let tasks = state.withLock { state in
      state.isStopping = true
      return Array(state.tasks.values)
    }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }
}
