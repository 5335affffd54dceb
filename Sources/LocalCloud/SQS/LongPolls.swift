import CacheSupport
import Synchronization

/// Those who wait for messages, in a line for each queue: a message wakes the first of its line and nobody else, and a line has
/// one alarm for the next message that will become visible. So those who wait cost nothing while they do.
final class LongPolls: Sendable {
  /// Names one of those who wait.
  typealias Ticket = UInt64

  private struct Waiter {
    var isWoken = false
    /// Its time is up, or its task was cancelled.
    var isOver = false
    var continuation: CheckedContinuation<Void, Never>?
  }

  private struct Line {
    var waiters: [Ticket: Waiter] = [:]
    /// In the order of their coming; some may have been woken or have gone.
    var order = Deque<Ticket>()
    var alarm: (at: ContinuousClock.Instant, task: Task<Void, Never>)?

    /// The first that has not been woken.
    mutating func next() -> Ticket? {
      while let ticket = order.popFirst() {
        if let waiter = waiters[ticket], !waiter.isWoken { return ticket }
      }
      return nil
    }

    mutating func append(_ ticket: Ticket) {
      // Those who went are forgotten once they are the most.
      if order.count > 2 * waiters.count + 16 {
        let waiters = waiters
        order.filter { waiters[$0].map { !$0.isWoken } ?? false }
      }
      order.append(ticket)
    }
  }

  private struct State {
    var lines: [ByteText: Line] = [:]
    var last: Ticket = 0
  }
  private let state = Mutex(State())

  /// How many of a line have looked and rest.
  func resting(_ name: ByteText) -> Int {
    state.withLock { $0.lines[name]?.waiters.values.count { $0.continuation != nil } ?? 0 }
  }

  /// Goes to the end of a line. Whoever joins must leave.
  func join(_ name: ByteText) -> Ticket {
    state.withLock { state in
      state.last += 1
      let ticket = state.last
      state.lines[name, default: Line()].waiters[ticket] = Waiter()
      state.lines[name]?.append(ticket)
      return ticket
    }
  }

  /// Goes away. Who was woken and did not come to look passes it on.
  func leave(_ name: ByteText, _ ticket: Ticket) {
    let (passesOn, alarm) = state.withLock { state in
      let passesOn = state.lines[name]?.waiters.removeValue(forKey: ticket)?.isWoken ?? false
      guard state.lines[name]?.waiters.isEmpty ?? false else { return (passesOn, nil as Task<Void, Never>?) }
      return (false, state.lines.removeValue(forKey: name)?.alarm?.task)
    }
    alarm?.cancel()
    if passesOn { wake(name, count: 1) }
  }

  /// Wakes the first of a line, for as many messages as there are.
  func wake(_ name: ByteText, count: Int) {
    guard count > 0 else { return }
    let woken = state.withLock { state in
      var woken: [CheckedContinuation<Void, Never>] = []
      for _ in 0..<count {
        guard let ticket = state.lines[name]?.next() else { break }
        state.lines[name]?.waiters[ticket]?.isWoken = true
        if let continuation = state.lines[name]?.waiters[ticket]?.continuation.take() { woken.append(continuation) }
      }
      return woken
    }
    for continuation in woken { continuation.resume() }
  }

  /// Wakes the first of a line after a time, if anybody stands there; the earliest alarm counts, and whoever it wakes sets the next.
  func alarm(_ name: ByteText, in time: Duration) {
    guard time > .zero else { return wake(name, count: 1) }
    let at = ContinuousClock.now + time
    let replaced: Task<Void, Never>? = state.withLock { state in
      guard let line = state.lines[name] else { return nil }
      if let alarm = line.alarm, alarm.at <= at { return nil }
      let task = Task {
        do { try await Task.sleep(until: at) } catch { return }
        ring(name, at)
      }
      state.lines[name]?.alarm = (at, task)
      return line.alarm?.task
    }
    replaced?.cancel()
  }

  private func ring(_ name: ByteText, _ at: ContinuousClock.Instant) {
    state.withLock { state in
      if state.lines[name]?.alarm?.at == at { state.lines[name]?.alarm = nil }
    }
    wake(name, count: 1)
  }

  /// Returns when the waiter is woken, when the time is up, or when the task is cancelled.
  func wait(_ name: ByteText, _ ticket: Ticket, atMost limit: Duration) async {
    // The end of an earlier wait is not that of this one.
    state.withLock { $0.lines[name]?.waiters[ticket]?.isOver = Task.isCancelled }
    let timer = Task {
      // A cancelled sleep means that the wait is over already.
      do { try await Task.sleep(for: limit) } catch { return }
      end(name, ticket)
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          guard let waiter = state.lines[name]?.waiters[ticket], !waiter.isWoken, !waiter.isOver else { return true }
          state.lines[name]?.waiters[ticket]?.continuation = continuation
          return false
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      end(name, ticket)
    }
    timer.cancel()
    await timer.value
    state.withLock { state in
      guard let waiter = state.lines[name]?.waiters[ticket] else { return }
      // It looks again, and stands in the line while it does. One that is cancelled passes on what woke it as it leaves.
      guard waiter.isWoken, !Task.isCancelled else { return }
      state.lines[name]?.waiters[ticket]?.isWoken = false
      state.lines[name]?.append(ticket)
    }
  }

  private func end(_ name: ByteText, _ ticket: Ticket) {
    let continuation = state.withLock { state in
      state.lines[name]?.waiters[ticket]?.isOver = true
      return state.lines[name]?.waiters[ticket]?.continuation.take()
    }
    continuation?.resume()
  }
}
