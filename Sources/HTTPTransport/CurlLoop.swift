import CCurl
import Glibc
import Synchronization

/// The thread that owns the `curl_multi` handle and everything in it, and that also runs tasks which ask for it.
///
/// Other threads only touch `state` and wake the loop with `curl_multi_wakeup`, which libcurl allows from anywhere. The
/// handle outlives every such call: it is freed by the last reference to this object.
@safe final class CurlLoop: Sendable {
  private struct State {
    var queue: [Submission] = []
    /// Pieces of tasks that are ready to run here.
    var jobs: [(job: UnownedJob, executor: LoopExecutor)] = []
    /// Submitted and not yet answered.
    var live: Set<UInt64> = []
    /// Live ones whose task was cancelled.
    var aborted: [UInt64] = []
    /// Cancelled before they were submitted.
    var stillborn: Set<UInt64> = []
    var stopping = false

    var isIdle: Bool { queue.isEmpty && jobs.isEmpty && aborted.isEmpty && !stopping }
  }

  /// What the thread alone knows.
  private struct Transfers {
    var running: [UInt64: Transfer] = [:]
    /// Handles of exchanges that have ended, for the next ones.
    var idleHandles: [EasyHandle] = []
  }

  private let state = Mutex(State())
  private let nextID = Atomic<UInt64>(0)
  /// The loop's thread, once it runs.
  private let thread = Atomic<UInt>(0)
  /// How many handles were made: what a test of their reuse counts.
  let handleCount: Atomic<Int> = Atomic(0)
  private let caBundle: String?
  // A pointer is not Sendable; see the type's comment for why sharing this one is sound.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?

  private static let initialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  private static let mostIdleHandles = 16
  /// After so many rounds of tasks that make each other ready, the transfers get their turn.
  private static let longestTurn = 64

  init(caBundle: String?) {
    _ = Self.initialized
    self.caBundle = caBundle
    unsafe multi = unsafe curl_multi_init()
  }

  deinit { _ = unsafe curl_multi_cleanup(multi) }

  /// Starts the thread, which keeps this object until it ends.
  ///
  /// - Returns: false where there can be none; every request is then refused.
  func start() -> Bool {
    var result: Int32 = -1
    if unsafe multi != nil {
      let context = unsafe Unmanaged.passRetained(self).toOpaque()
      var thread = pthread_t()
      result = unsafe pthread_create(
        &thread, nil,
        { context in
          guard let context = unsafe context else { return nil }
          unsafe Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run()
          return nil
        }, context)
      if result == 0 { pthread_detach(thread) } else { unsafe Unmanaged<CurlLoop>.fromOpaque(context).release() }
    }
    if result != 0 { state.withLock { $0.stopping = true } }
    return result == 0
  }

  func stop() {
    state.withLock { $0.stopping = true }
    wake()
  }

  func newID() -> UInt64 { nextID.add(1, ordering: .relaxed).newValue }

  func submit(_ submission: Submission) {
    let refusal: HTTPError? = state.withLock { state in
      if state.stillborn.remove(submission.id) != nil { return .cancelledByTask }
      if state.stopping { return .clientEnded }
      state.live.insert(submission.id)
      state.queue.append(submission)
      return nil
    }
    if let refusal { submission.continuation.resume(returning: .failure(refusal)) } else { wake() }
  }

  func cancel(_ id: UInt64) {
    let wakes = state.withLock { state in
      guard state.live.contains(id) else {
        state.stillborn.insert(id)
        return false
      }
      state.aborted.append(id)
      return true
    }
    if wakes { wake() }
  }

  /// Drops what a cancellation may have left for a request that is over.
  func forget(_ id: UInt64) { state.withLock { _ = $0.stillborn.remove(id) } }

  func enqueue(_ job: UnownedJob, of executor: LoopExecutor) {
    state.withLock { $0.jobs.append((job, executor)) }
    wake()
  }

  /// The thread itself looks for work before it waits; only the others must wake it.
  private func wake() {
    if thread.load(ordering: .relaxed) != pthread_self() { _ = unsafe curl_multi_wakeup(multi) }
  }

  // MARK: On the thread

  private func run() {
    thread.store(pthread_self(), ordering: .relaxed)
    var transfers = Transfers()
    while true {
      var turns = 0
      while !state.withLock({ $0.isIdle }), turns < Self.longestTurn {
        guard takeTurn(&transfers) else { return }
        turns += 1
      }
      var running: Int32 = 0
      _ = unsafe curl_multi_perform(multi, &running)
      reap(&transfers)
      // Wakes for a socket, a timer of libcurl's or `wake()`; the second is only a bound.
      if state.withLock({ $0.isIdle }) { _ = unsafe curl_multi_poll(multi, nil, 0, 1000, nil) }
    }
  }

  /// Does what others asked for since the last turn.
  ///
  /// - Returns: false where the thread has to end.
  private func takeTurn(_ transfers: inout Transfers) -> Bool {
    let (jobs, queue, aborted, stopping) = state.withLock { state in
      let taken = (state.jobs, state.queue, state.aborted, state.stopping)
      state.jobs = []
      state.queue = []
      state.aborted = []
      return taken
    }
    for (job, executor) in jobs { unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor()) }
    for submission in queue { begin(submission, &transfers) }
    for id in aborted {
      if let transfer = transfers.running[id] { finish(transfer, .failure(.cancelledByTask), &transfers) }
    }
    if stopping {
      for transfer in transfers.running.values { finish(transfer, .failure(.clientEnded), &transfers) }
    }
    return !stopping
  }

  private func begin(_ submission: Submission, _ transfers: inout Transfers) {
    guard let easy = transfers.idleHandles.popLast() ?? newHandle(),
      let transfer = Transfer(submission, easy: easy, caBundle: caBundle),
      unsafe curl_multi_add_handle(multi, easy.pointer) == CURLM_OK
    else {
      answer(submission, .failure(HTTPError(.invalidRequest, "libcurl refused the request")))
      return
    }
    transfers.running[submission.id] = transfer
  }

  private func newHandle() -> EasyHandle? {
    handleCount.add(1, ordering: .relaxed)
    return EasyHandle()
  }

  private func reap(_ transfers: inout Transfers) {
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE, let easy = unsafe message.pointee.easy_handle else { continue }
      let code = unsafe ccurl_message_result(message)
      // The transfer is among the running ones, which hold it.
      var context: UnsafeMutableRawPointer?
      guard unsafe ccurl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK, let context = unsafe context
      else { continue }
      let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      finish(transfer, transfer.result(code), &transfers)
    }
  }

  private func finish(_ transfer: Transfer, _ result: Result<HTTPResponse, HTTPError>, _ transfers: inout Transfers) {
    transfers.running[transfer.submission.id] = nil
    _ = unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
    transfer.easy.reset()
    if transfers.idleHandles.count < Self.mostIdleHandles { transfers.idleHandles.append(transfer.easy) }
    answer(transfer.submission, result)
  }

  private func answer(_ submission: Submission, _ result: Result<HTTPResponse, HTTPError>) {
    state.withLock { _ = $0.live.remove(submission.id) }
    submission.continuation.resume(returning: result)
  }
}

/// Runs tasks on the thread of a loop, which ends once neither the client nor a task needs it any more.
final class LoopExecutor: TaskExecutor {
  let loop: CurlLoop
  /// False where no thread could be started.
  let isRunning: Bool

  init(_ loop: CurlLoop) {
    self.loop = loop
    isRunning = loop.start()
  }

  deinit { loop.stop() }

  func enqueue(_ job: consuming ExecutorJob) { loop.enqueue(UnownedJob(job), of: self) }
}

extension HTTPError {
  static let cancelledByTask: HTTPError = HTTPError(.cancelled, "the request was cancelled")
  static let clientEnded: HTTPError = HTTPError(.cancelled, "the HTTP client has ended")
}
