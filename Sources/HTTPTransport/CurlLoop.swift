import CCurl
import Glibc
import Synchronization

/// The thread that owns the `curl_multi` handle and everything in it.
///
/// Other threads only touch `state` and wake the loop with `curl_multi_wakeup`, which libcurl allows from anywhere. The
/// handle outlives every such call: it is freed by the last reference to this object.
@safe final class CurlLoop: Sendable {
  private struct State {
    var queue: [Submission] = []
    /// Submitted and not yet answered.
    var live: Set<UInt64> = []
    /// Live ones whose task was cancelled.
    var aborted: [UInt64] = []
    /// Cancelled before they were submitted.
    var stillborn: Set<UInt64> = []
    var stopping = false
  }

  private let state = Mutex(State())
  private let nextID = Atomic<UInt64>(0)
  private let caBundle: String?
  // A pointer is not Sendable; see the type's comment for why sharing this one is sound.
  private nonisolated(unsafe) let multi: UnsafeMutableRawPointer?

  private static let initialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init(caBundle: String?) {
    _ = Self.initialized
    self.caBundle = caBundle
    unsafe multi = unsafe curl_multi_init()
  }

  deinit { _ = unsafe curl_multi_cleanup(multi) }

  /// Starts the thread, which keeps this object until it ends.
  func start() {
    let context = unsafe Unmanaged.passRetained(self).toOpaque()
    var thread = pthread_t()
    let result = unsafe pthread_create(
      &thread, nil,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<CurlLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context)
    if result == 0 {
      pthread_detach(thread)
    } else {
      unsafe Unmanaged<CurlLoop>.fromOpaque(context).release()
      state.withLock { $0.stopping = true }
    }
  }

  func stop() {
    state.withLock { $0.stopping = true }
    wake()
  }

  func newID() -> UInt64 { nextID.add(1, ordering: .relaxed).newValue }

  func submit(_ submission: Submission) {
    let refusal: HTTPError? = state.withLock { state in
      if state.stillborn.remove(submission.id) != nil { return .cancelledByTask }
      if state.stopping { return HTTPError(.cancelled, "the HTTP client has ended") }
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

  /// Drops what a cancellation may have left behind for a request that is over.
  func forget(_ id: UInt64) { state.withLock { _ = $0.stillborn.remove(id) } }

  private func wake() { _ = unsafe curl_multi_wakeup(multi) }

  // MARK: On the thread

  private func run() {
    var transfers: [UInt64: Transfer] = [:]
    while true {
      let (queue, aborted, stopping) = state.withLock { state in
        let taken = (state.queue, state.aborted, state.stopping)
        state.queue = []
        state.aborted = []
        return taken
      }
      for submission in queue { begin(submission, &transfers) }
      for id in aborted {
        if let transfer = transfers.removeValue(forKey: id) { finish(transfer, .failure(.cancelledByTask)) }
      }
      if stopping {
        for transfer in transfers.values {
          finish(transfer, .failure(HTTPError(.cancelled, "the HTTP client has ended")))
        }
        return
      }
      var running: Int32 = 0
      _ = unsafe curl_multi_perform(multi, &running)
      reap(&transfers)
      // Wakes for a socket, a timer of libcurl's or `wake()`; the second is only a bound.
      if state.withLock({ $0.queue.isEmpty && $0.aborted.isEmpty && !$0.stopping }) {
        _ = unsafe curl_multi_poll(multi, nil, 0, 1000, nil)
      }
    }
  }

  private func begin(_ submission: Submission, _ transfers: inout [UInt64: Transfer]) {
    guard let transfer = Transfer(submission, caBundle: caBundle),
      unsafe curl_multi_add_handle(multi, transfer.easy.pointer) == CURLM_OK
    else {
      answer(submission, .failure(HTTPError(.invalidRequest, "libcurl refused the request")))
      return
    }
    transfers[submission.id] = transfer
  }

  private func reap(_ transfers: inout [UInt64: Transfer]) {
    var left: Int32 = 0
    while let message = unsafe curl_multi_info_read(multi, &left) {
      guard unsafe message.pointee.msg == CURLMSG_DONE else { continue }
      let code = unsafe ccurl_message_result(message)
      let easy = unsafe message.pointee.easy_handle
      guard let id = transfers.first(where: { unsafe $0.value.easy.pointer == easy })?.key,
        let transfer = transfers.removeValue(forKey: id)
      else { continue }
      finish(transfer, transfer.result(code))
    }
  }

  private func finish(_ transfer: Transfer, _ result: Result<HTTPResponse, HTTPError>) {
    _ = unsafe curl_multi_remove_handle(multi, transfer.easy.pointer)
    answer(transfer.submission, result)
  }

  private func answer(_ submission: Submission, _ result: Result<HTTPResponse, HTTPError>) {
    state.withLock { _ = $0.live.remove(submission.id) }
    submission.continuation.resume(returning: result)
  }
}

extension HTTPError {
  static let cancelledByTask: HTTPError = HTTPError(.cancelled, "the request was cancelled")
}
