import CMicroHTTPD
import Synchronization

/// The exchanges whose connections rest while their answers are worked out.
final class RestingExchanges: Sendable {
  private struct Resting {
    let exchange: Exchange
    let connection: RestingConnection
    /// The work, where there is any but on a thread.
    var task: Task<Void, Never>?
  }
  private struct State {
    var resting: [UInt64: Resting] = [:]
    var lastName: UInt64 = 0
    var isStopping = false
    /// Waits until nothing rests.
    var drained: CheckedContinuation<Void, Never>?
  }
  private let state = Mutex(State())
  private let watch: ServerWatch

  init(_ watch: ServerWatch) { self.watch = watch }

  /// Rests a connection until its answer comes.
  ///
  /// - Parameter start: is given what answers, or goes on with work.
  /// - Returns: false where the server is stopping: then nothing rests.
  func rest(
    _ exchange: Exchange, _ connection: RestingConnection, _ start: (ServerReply.Responder) -> Void
  ) -> Bool {
    let name: UInt64? = state.withLock { state in
      // Under the same lock as the drain's beginning: what rests is waited for.
      guard !state.isStopping else { return nil }
      connection.suspend()
      state.lastName += 1
      state.resting[state.lastName] = Resting(exchange: exchange, connection: connection)
      return state.lastName
    }
    guard let name else { return false }
    start(
      ServerReply.Responder(
        answer: { [self] in wake(name, with: $0) }, work: { [self] in run(name, $0) }))
    return true
  }

  /// Runs the work of an exchange that rests, and wakes it with the answer.
  private func run(_ name: UInt64, _ work: @escaping @Sendable () async -> ServerResponse) {
    state.withLock { state in
      guard let resting = state.resting[name] else { return }
      let task = Task { wake(name, with: await work()) }
      state.resting[name]?.task = task
      if state.isStopping { task.cancel() }
      watch.watch(resting.connection.descriptor, name: name)
    }
  }

  /// A peer that has gone wants no answer: the work is told, so that it takes nothing with it.
  func peerHasGone(_ name: UInt64) { state.withLock { $0.resting[name]?.task }?.cancel() }

  /// Wakes an exchange that still rests: it is in the list for as long as its connection may be used.
  private func wake(_ name: UInt64, with response: ServerResponse) {
    let drained: CheckedContinuation<Void, Never>? = state.withLock { state in
      guard let resting = state.resting.removeValue(forKey: name) else { return nil }
      if resting.task != nil { watch.forget(resting.connection.descriptor) }
      resting.exchange.answer(response)
      resting.connection.resume()
      guard state.resting.isEmpty else { return nil }
      return state.drained.take()
    }
    drained?.resume()
  }

  /// Cancels the work that is under way, and waits until all is answered. From now on nothing rests.
  func drain() async {
    for task in cancelAll() { await task.value }
    // What runs on a thread has no task; it ends by itself.
    await withCheckedContinuation { continuation in
      let isEmpty = state.withLock { state in
        if !state.resting.isEmpty { state.drained = continuation }
        return state.resting.isEmpty
      }
      if isEmpty { continuation.resume() }
    }
  }

  /// Answers all without waiting for their work. From now on nothing rests.
  func wakeAll() {
    _ = cancelAll()
    for name in state.withLock({ Array($0.resting.keys) }) { wake(name, with: .isStopping) }
  }

  private func cancelAll() -> [Task<Void, Never>] {
    let tasks = state.withLock { state in
      state.isStopping = true
      return state.resting.values.compactMap(\.task)
    }
    for task in tasks { task.cancel() }
    return tasks
  }
}

/// A suspended connection. libmicrohttpd keeps it alive until it is resumed, and may be told to from any thread, so the
/// pointer may travel to the one that resumes it, once.
@safe struct RestingConnection: @unchecked Sendable {
  private let pointer: OpaquePointer
  let descriptor: Int32

  init(_ pointer: OpaquePointer) {
    unsafe self.pointer = unsafe pointer
    descriptor = unsafe cmhd_descriptor(pointer)
  }

  func suspend() { unsafe MHD_suspend_connection(pointer) }
  func resume() { unsafe MHD_resume_connection(pointer) }
}
