import CacheSupport
import Synchronization

/// The faults on purpose of this cloud: they strike by rules, which may be replaced while it runs. Without rules, asking costs one
/// look at an atomic.
final class Faults: Sendable {
  /// A rule and what has become of it.
  private struct Live {
    let rule: FaultRule
    /// Requests that it was asked for.
    var requests = 0
    var struck = 0
    var random: SplitMix

    init(_ rule: FaultRule, seed: UInt64) {
      self.rule = rule
      random = SplitMix(seed: seed)
    }

    /// Whether it strikes this time. Each request takes two numbers, so that what one does is nothing to the next.
    mutating func strikes() -> (strikes: Bool, number: UInt64) {
      let (fraction, number) = (random.fraction(), random.next())
      requests += 1
      let strikes =
        switch rule.frequency {
        case .always: true
        case .probability(let value): fraction < value
        case .first(let count): requests <= count
        case .every(let count): requests.isMultiple(of: count)
        }
      if strikes { struck += 1 }
      return (strikes, number)
    }
  }
  private struct State {
    var seed: UInt64 = 0
    var rules: [Live] = []
    var targets = FaultTargets([])
  }
  private let isActive = Atomic<Bool>(false)
  private let state = Mutex(State())
  let threads: RequestThreads

  /// - Parameter threads: where a request goes on that was held back.
  init(threads: RequestThreads) { self.threads = threads }

  /// What may be struck: known once the modules are there.
  func know(_ targets: FaultTargets) { state.withLock { $0.targets = targets } }

  /// Goes by other rules from now on; counts begin anew.
  ///
  /// - Returns: the rules, in a line for people.
  /// - Throws: ``TemplateError``; then the rules stay as they are.
  func replace(with file: FaultFile) throws(TemplateError) -> String {
    let set = try file.read(state.withLock { $0.targets })
    // Each rule has its own numbers, so that a rule more changes no other.
    var seeds = SplitMix(seed: set.seed)
    let rules = set.rules.map { Live($0, seed: seeds.next()) }
    state.withLock { state in
      (state.seed, state.rules) = (set.seed, rules)
      isActive.store(!rules.isEmpty, ordering: .relaxed)
    }
    let kinds = set.rules.map { $0.effect.kind.rawValue }
    return
      "faults on purpose by \(file.name): \(kinds.isEmpty ? "none" : kinds.joined(separator: ", ")); seed \(set.seed)"
  }

  func end() {
    state.withLock { state in
      state.rules = []
      isActive.store(false, ordering: .relaxed)
    }
  }

  /// The rules, how many requests each was asked for, and how often it struck.
  var json: JSON {
    state.withLock { state in
      let rules = state.rules.map { live in
        var rule = live.rule.json
        rule["requests"] = .integer(live.requests)
        rule["struck"] = .integer(live.struck)
        return JSON.object(rule)
      }
      return ["seed": .number(String(state.seed)), "faults": .array(rules)]
    }
  }

  // MARK: Striking

  /// How far a service's clock is off for a request, milliseconds. Asked before its signature is checked.
  func skew(_ service: String, _ operation: String, _ request: ServerRequest) -> Int64 {
    guard isActive.load(ordering: .relaxed) else { return 0 }
    return skew(FaultTarget(service, operation) { request.plainBody() })
  }

  /// The same for a request whose input is another than its body.
  ///
  /// - Parameter input: JSON, asked for where a rule names a resource.
  func skew(_ service: String, _ operation: String, input: @escaping () -> [UInt8]) -> Int64 {
    guard isActive.load(ordering: .relaxed) else { return 0 }
    return skew(FaultTarget(service, operation, body: input))
  }

  /// The same for a request that names its resource in its path.
  func skew(_ service: String, _ operation: String, resource: String) -> Int64 {
    guard isActive.load(ordering: .relaxed) else { return 0 }
    return skew(FaultTarget(service, operation, resource: resource))
  }

  private func skew(_ target: FaultTarget) -> Int64 {
    var skew: Int64 = 0
    ask(.clock, target) { rule, _ in
      if case .clockSkew(let seconds) = rule.effect { skew = seconds * 1000 }
      return true
    }
    return skew
  }

  /// What strikes a request whose signature is right; nil for nothing.
  func strike(_ service: String, _ operation: String, _ request: ServerRequest) -> Strike? {
    guard isActive.load(ordering: .relaxed) else { return nil }
    return strike(FaultTarget(service, operation) { request.plainBody() })
  }

  /// The same for a request that names its resource in its path.
  func strike(_ service: String, _ operation: String, resource: String) -> Strike? {
    guard isActive.load(ordering: .relaxed) else { return nil }
    return strike(FaultTarget(service, operation, resource: resource))
  }

  private func strike(_ target: FaultTarget) -> Strike? {
    let targets = state.withLock { $0.targets }
    var strike = Strike()
    ask(.request, target) { rule, number in
      switch rule.effect {
      case .latency(let range): strike.delay += .milliseconds(range.lowerBound + Self.part(of: range, number))
      case .throttling: strike.ending = .error(.throttling(target.service, target.operation))
      case .serverError(let status): strike.ending = .error(.failing(target.service, status))
      case .dropBefore: strike.ending = .dropBefore
      case .dropAfter: strike.ending = .dropAfter
      case .unprocessed(let share), .failedEntries(let share):
        strike.add(targets.batchFault(rule.effect.kind, target), FaultChoice(share: share, seed: number))
      case .rejectedRecords(let share, let reason):
        strike.add(
          targets.batchFault(.rejectedRecords, target), FaultChoice(share: share, reason: reason, seed: number))
      case .functionError, .clockSkew: break
      }
      return strike.ending != nil
    } fits: { rule in
      !rule.effect.kind.isOfBatches || targets.batchFault(rule.effect.kind, target) != nil
    }
    return strike.delay > .zero || strike.ending != nil ? strike : nil
  }

  /// What becomes of an invocation that is not begun, whoever asks for it; nil where it goes on.
  func invocation(of function: String) -> InvocationOutcome? {
    guard isActive.load(ordering: .relaxed) else { return nil }
    var outcome: InvocationOutcome?
    ask(.invocation, FaultTarget("lambda", "Invoke", resource: function)) { rule, _ in
      outcome =
        rule.effect == .throttling
        ? .throttled(onPurpose: true) : .failure("Runtime.ExitError", "The function fails by a fault on purpose")
      return true
    }
    return outcome
  }

  private static func part(of range: ClosedRange<Int64>, _ number: UInt64) -> Int64 {
    Int64(number % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// Asks the rules of a phase in their order, until one of those that strike ends the request.
  ///
  /// - Parameters:
  ///   - struck: is given each that strikes; true ends the request.
  ///   - fits: whether a rule has a meaning for the request.
  private func ask(
    _ phase: FaultTarget.Phase, _ target: FaultTarget, _ struck: (FaultRule, UInt64) -> Bool,
    fits: (FaultRule) -> Bool = { _ in true }
  ) {
    let namesMatter = state.withLock { state in
      state.rules.contains { $0.rule.resource != nil && target.isOf($0.rule, phase) }
    }
    // Read outside the lock: a body may be large.
    let names = namesMatter ? target.resources() : []
    state.withLock { state in
      for index in state.rules.indices {
        let rule = state.rules[index].rule
        guard target.isOf(rule, phase), rule.resource.map({ names.contains($0) }) ?? true, fits(rule) else { continue }
        let (strikes, number) = state.rules[index].strikes()
        if strikes, struck(rule, number) { return }
      }
    }
  }
}
