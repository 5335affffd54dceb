/// Work that a module does from time to time, in pieces that hold up nobody.
struct Sweep: Sendable {
  var name: String
  var every: Duration
  /// Cancelled when the cloud ends. What it could not do is tried again the next time.
  var run: @Sendable () async throws(ServiceError) -> Void

  /// Runs it again and again until the task is cancelled.
  ///
  /// - Parameter tell: is told what goes wrong.
  func loop(tell: @escaping @Sendable (String) -> Void = Notice.tell) async {
    let report = FaultReport(tell: tell)
    while !Task.isCancelled {
      do { try await Task.sleep(for: every) } catch { return }
      do throws(ServiceError) {
        try await run()
        report.succeeded()
      } catch { report.failed("\(name) will be tried again: \(error.message ?? error.type)") }
    }
  }
}
