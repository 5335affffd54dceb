import Synchronization

/// Counts events by name and wakes those who wait for the next one.
final class Arrivals: Sendable {
  private struct State {
    var counts: [String: UInt64] = [:]
    var waiting: [UInt64: (name: String, continuation: CheckedContinuation<Void, Never>)] = [:]
    var nextID: UInt64 = 0
    /// Those whose time was up, or whose task was cancelled, before they began to wait.
    var expired: Set<UInt64> = []
  }
  private let state = Mutex(State())

  func count(_ name: String) -> UInt64 { state.withLock { $0.counts[name] ?? 0 } }

  func announce(_ name: String) {
    let woken = state.withLock { state in
      state.counts[name, default: 0] += 1
      let ids = state.waiting.filter { $0.value.name == name }.map(\.key)
      return ids.compactMap { state.waiting.removeValue(forKey: $0)?.continuation }
    }
    for continuation in woken { continuation.resume() }
  }

  /// Returns when the count passes `seen`, when the time is up, or when the task is cancelled.
  func wait(_ name: String, after seen: UInt64, atMost limit: Duration) async {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    let timer = Task {
      // A cancelled sleep means that the wait is over already.
      try? await Task.sleep(for: limit)
      expire(id)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.expired.remove(id) != nil || (state.counts[name] ?? 0) > seen { return true }
          state.waiting[id] = (name, continuation)
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      expire(id)
    }
    timer.cancel()
    await timer.value
    state.withLock { _ = $0.expired.remove(id) }
  }

  private func expire(_ id: UInt64) {
    let woken = state.withLock { state in
      guard let waiting = state.waiting.removeValue(forKey: id) else {
        state.expired.insert(id)
        return nil as CheckedContinuation<Void, Never>?
      }
      return waiting.continuation
    }
    woken?.resume()
  }
}
