import Synchronization

/// An error of a renewal, which says whether the same renewal may succeed later.
package protocol RenewalError: Error {
  /// True where the cause may pass; the old value is then kept past its end, for a bounded time.
  var mayPass: Bool { get }
  /// What a caller gets whose own task is cancelled while it waits for a value.
  static var waitCancelled: Self { get }
}

/// A value that ends, such as credentials: handed out while it holds, and renewed before it ends.
///
/// - However many callers ask, one renewal is in flight. It starts ahead of time and in the background: callers go on with
///   the value that they have, and wait only where there is none, or where it is about to end: for ``Timing/patience`` while
///   the old value may still be handed out.
/// - A renewal that fails is tried again after a pause, not at every call. Until then callers get the old value: up to its
///   end, and past it for ``Timing/grace`` where the cause may pass. After that they get the error.
/// - A caller whose task is cancelled while it waits returns at once; the renewal goes on for the others.
///
/// A renewal is not limited in time here: what it calls must be.
package final class ExpiringValue<Value: Sendable, Failure: RenewalError>: Sendable {
  /// When a value is renewed, in milliseconds.
  package struct Timing: Sendable {
    /// How long before the end renewals start, at most.
    package var ahead: Int64
    /// And at most this part of the time that the value had when it came: 4 for a quarter.
    package var part: Int64
    /// How long before the end callers wait for the renewal, at most; never more than a quarter of ``ahead``.
    package var margin: Int64
    /// How long past its end a value is kept while renewals fail for causes that may pass.
    package var grace: Int64
    /// How long after a failed renewal the next one is tried, at least.
    package var pause: Int64
    /// The same where there is no old value: so long callers get the error at once. 0 where callers pause themselves.
    package var pauseWithout: Int64
    /// How long callers wait for a renewal while there is an old value that may be handed out.
    package var patience: Int64

    package init(
      ahead: Int64, part: Int64, margin: Int64 = 0, grace: Int64, pause: Int64, pauseWithout: Int64,
      patience: Int64 = 2000
    ) {
      (self.ahead, self.part, self.margin, self.grace) = (ahead, part, margin, grace)
      (self.pause, self.pauseWithout, self.patience) = (pause, pauseWithout, patience)
    }
  }

  /// What a renewal gives.
  package struct Fresh: Sendable {
    package var value: Value
    /// Epoch milliseconds; nil for a value that never ends.
    package var end: Int64?

    package init(_ value: Value, end: Int64?) { (self.value, self.end) = (value, end) }
  }

  package typealias Renewal = @Sendable () async throws(Failure) -> Fresh

  private let clock: WallClock
  private let timing: Timing
  private let random: @Sendable () -> Double
  private let sleep: @Sendable (Duration) async throws -> Void
  private let report: (@Sendable (Failure) -> Void)?
  private let state = Mutex(State.empty)
  private let lastWaiter = Atomic<UInt64>(0)

  /// - Parameters:
  ///   - random: from 0 to 1, so that many processes do not renew at the same moment.
  ///   - sleep: waits for ``Timing/patience``.
  ///   - report: told of each renewal that failed while the old value is kept, which no caller gets to see.
  package init(
    clock: WallClock, timing: Timing, random: @escaping @Sendable () -> Double = { .random(in: 0...1) },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
    report: (@Sendable (Failure) -> Void)? = nil
  ) {
    self.clock = clock
    self.timing = timing
    self.random = random
    self.sleep = sleep
    self.report = report
  }

  /// The value; where it must be renewed, `renew` is called, unless a renewal is in flight already.
  ///
  /// - Throws: what the renewal threw, where there is no value to go on with; ``RenewalError/waitCancelled``.
  package func value(_ renew: @escaping Renewal) async throws(Failure) -> Value {
    if let value = try valueAtHand(renew) { return value }
    return try await wait(renew).get()
  }

  /// The value where nobody has to wait for it, else nil; a renewal that is due ahead of time is started.
  ///
  /// - Throws: the error of a renewal that has just failed, where there is no value to go on with.
  package func valueAtHand(_ renew: @escaping Renewal) throws(Failure) -> Value? {
    switch state.withLock({ $0.ask(at: clock.now, as: nil) }) {
    case .use(let value): return value
    case .fail(let error): throw error
    case .useAndRenew(let value):
      start(renew)
      return value
    case .wait, .waitAndRenew: return nil
    }
  }

  /// Drops the value, for a service that refuses it has the last word; the next caller waits for a renewal.
  ///
  /// - Parameter isRefused: false for a value that has been renewed since, which then stays.
  package func forget(where isRefused: (Value) -> Bool = { _ in true }) {
    state.withLock { $0.forget(where: isRefused) }
  }

  /// Lets the next caller wait for a renewal, whatever the value's age. Where that fails or takes long, the value stays in use.
  package func expire() {
    let now = clock.now
    state.withLock { $0.expire(at: now) }
  }

  private func wait(_ renew: @escaping Renewal) async -> Result<Value, Failure> {
    let id = lastWaiter.add(1, ordering: .relaxed).newValue
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        switch state.withLock({ $0.ask(at: clock.now, as: (id, continuation)) }) {
        case .use(let value): continuation.resume(returning: .success(value))
        case .fail(let error): continuation.resume(returning: .failure(error))
        case .useAndRenew(let value):
          continuation.resume(returning: .success(value))
          start(renew)
        case .wait: break
        case .waitAndRenew: start(renew)
        }
        // A cancellation from before the waiter was noted found nobody to tell.
        if Task.isCancelled { giveUp(id) }
      }
    } onCancel: {
      giveUp(id)
    }
  }

  private func giveUp(_ id: UInt64) {
    state.withLock { $0.takeWaiter(id) }?.resume(returning: .failure(Failure.waitCancelled))
  }

  /// Runs a renewal in a separate task, which no caller's cancellation reaches.
  private func start(_ renew: @escaping Renewal) {
    let patience = Task(executorPreference: preferredExecutor()) {
      // Cancelled where the renewal ends before.
      do { try await self.sleep(.milliseconds(self.timing.patience)) } catch { return }
      self.losePatience()
    }
    Task(executorPreference: preferredExecutor()) {
      let outcome: Result<Fresh, Failure>
      do throws(Failure) { outcome = .success(try await renew()) } catch { outcome = .failure(error) }
      patience.cancel()
      self.finish(outcome)
    }
  }

  private func losePatience() {
    let now = clock.now
    guard let (value, waiters) = state.withLock({ $0.losePatience(at: now) }) else { return }
    for waiter in waiters.values { waiter.resume(returning: .success(value)) }
  }

  private func finish(_ outcome: Result<Fresh, Failure>) {
    let now = clock.now
    let share = min(max(0, random()), 1)
    let (waiters, answer) = state.withLock { state in
      let (old, waiters) = state.renewed
      switch outcome {
      case .success(let fresh):
        state = .kept(Kept(fresh, at: now, timing, share))
        return (waiters, Result<Value, Failure>.success(fresh.value))
      case .failure(let error):
        guard let old, let kept = old.after(error, at: now, timing, share) else {
          state = .failed(error, since: now, until: now + timing.pauseWithout)
          return (waiters, .failure(error))
        }
        state = .kept(kept)
        return (waiters, .success(kept.value))
      }
    }
    if case .failure(let error) = outcome, case .success = answer { report?(error) }
    for waiter in waiters.values { waiter.resume(returning: answer) }
  }
}
