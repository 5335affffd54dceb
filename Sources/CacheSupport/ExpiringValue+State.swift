// What an `ExpiringValue` is at each moment, and what a call, a renewal and a refusal make of it.

extension ExpiringValue {
  typealias Waiter = CheckedContinuation<Result<Value, Failure>, Never>
  typealias Waiters = [UInt64: Waiter]

  /// A value with the times at which something changes for it, epoch milliseconds, each no earlier than the one before.
  struct Kept: Sendable {
    var value: Value
    /// From here on a call starts a renewal in the background.
    var renewAfter: Int64
    /// From here on callers wait for it.
    var waitAfter: Int64
    var end: Int64
    /// From here on it is not handed out, whatever the cause.
    var keepUntil: Int64

    init(_ fresh: Fresh, at now: Int64, _ timing: Timing, _ share: Double) {
      value = fresh.value
      guard let given = fresh.end else {
        (renewAfter, waitAfter, end, keepUntil) = (.max, .max, .max, .max)
        return
      }
      // Ends come from outside: within these bounds no sum overflows.
      end = min(max(given, 0), .max / 4)
      let left = end - now
      if left > 0 {
        let ahead = min(timing.ahead, left / timing.part)
        renewAfter = end - ahead + Int64(share * Double(ahead / 5))
        waitAfter = end - min(timing.margin, ahead / 4)
      } else {
        // It ended before it came: this machine's clock is fast, or there is nothing newer. Whoever it is shown to judges,
        // and not every call asks again.
        end = now + timing.pause
        (renewAfter, waitAfter) = (end, end)
      }
      keepUntil = end + timing.grace
    }

    /// What is kept after a renewal that failed; nil where nothing is.
    func after(_ error: Failure, at now: Int64, _ timing: Timing, _ share: Double) -> Kept? {
      var kept = self
      if !error.mayPass { kept.keepUntil = min(keepUntil, end) }
      guard now < kept.keepUntil else { return nil }
      kept.renewAfter = min(now + timing.pause + Int64(share * Double(timing.pause / 2)), kept.keepUntil)
      // While the old value is good enough nobody waits for what has just failed.
      kept.waitAfter = kept.keepUntil
      return kept
    }
  }

  /// What a call has to do.
  enum Step {
    case use(Value)
    case fail(Failure)
    case useAndRenew(Value)
    case wait
    case waitAndRenew
  }

  enum State: Sendable {
    case empty
    /// A renewal has just failed, and there is nothing to go on with: the next one is tried at `until`.
    case failed(Failure, since: Int64, until: Int64)
    /// The first renewal, or one whose old value was forgotten.
    case waiting(Waiters)
    case kept(Kept)
    case renewing(Kept, Waiters)

    /// - Parameter waiter: noted where it has to wait; without one nothing changes in that case.
    mutating func ask(at now: Int64, as waiter: (id: UInt64, continuation: Waiter)?) -> Step {
      let new = waiter.map { [$0.id: $0.continuation] } ?? [:]
      switch self {
      // A clock that was set back tells nothing of how long ago it was.
      case .failed(let error, let since, let until) where since <= now && now < until: return .fail(error)
      case .empty, .failed:
        if waiter != nil { self = .waiting(new) }
        return .waitAndRenew
      case .waiting(let others):
        self = .waiting(others.merging(new) { $1 })
        return .wait
      case .kept(let kept):
        if now < kept.renewAfter { return .use(kept.value) }
        if now < kept.waitAfter {
          self = .renewing(kept, [:])
          return .useAndRenew(kept.value)
        }
        if waiter != nil { self = .renewing(kept, new) }
        return .waitAndRenew
      case .renewing(let kept, let others):
        if now < kept.waitAfter { return .use(kept.value) }
        self = .renewing(kept, others.merging(new) { $1 })
        return .wait
      }
    }

    /// A renewal in flight is as new as the one that would follow: it is waited for.
    mutating func expire(at now: Int64) {
      switch self {
      case .kept(var kept):
        kept.renewAfter = min(kept.renewAfter, now)
        kept.waitAfter = min(kept.waitAfter, now)
        self = .kept(kept)
      case .renewing(var kept, let waiters):
        kept.waitAfter = min(kept.waitAfter, now)
        self = .renewing(kept, waiters)
      case .empty, .failed, .waiting: break
      }
    }

    mutating func forget(where isRefused: (Value) -> Bool) {
      switch self {
      case .kept(let kept) where isRefused(kept.value): self = .empty
      case .renewing(let kept, let waiters) where isRefused(kept.value): self = .waiting(waiters)
      case .empty, .failed, .waiting, .kept, .renewing: break
      }
    }

    /// Ends the wait for a renewal that takes long, while there is a value that may still be handed out.
    ///
    /// - Returns: that value, and who waited for a new one.
    mutating func losePatience(at now: Int64) -> (value: Value, waiters: Waiters)? {
      guard case .renewing(var kept, let waiters) = self, now < kept.keepUntil else { return nil }
      kept.waitAfter = kept.keepUntil
      self = .renewing(kept, [:])
      return (kept.value, waiters)
    }

    mutating func takeWaiter(_ id: UInt64) -> Waiter? {
      switch self {
      case .waiting(var waiters):
        let waiter = waiters.removeValue(forKey: id)
        self = .waiting(waiters)
        return waiter
      case .renewing(let kept, var waiters):
        let waiter = waiters.removeValue(forKey: id)
        self = .renewing(kept, waiters)
        return waiter
      case .empty, .failed, .kept: return nil
      }
    }

    /// What a renewal in flight finds when it ends. There is one in flight, or nobody waits.
    var renewed: (old: Kept?, waiters: Waiters) {
      switch self {
      case .waiting(let waiters): (nil, waiters)
      case .renewing(let kept, let waiters): (kept, waiters)
      case .kept(let kept): (kept, [:])
      case .empty, .failed: (nil, [:])
      }
    }
  }
}
