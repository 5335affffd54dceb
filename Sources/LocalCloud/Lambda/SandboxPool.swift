import CacheSupport

/// What is known of the functions and their processes: who runs which event, who waits for one, who is about to end.
///
/// Every decision is taken here, in one step under the lock of ``Sandboxes``; what follows from it is done outside the lock.
struct SandboxPool {
  struct Running {
    let invocation: Invocation
    let delivery: Delivery
    let timer: Task<Void, Never>
    let began = ContinuousClock.now
  }

  /// A process that has answered, or gone away from its `next`, and has not asked again.
  struct Silence {
    /// The invocation that it has answered; nil where the client of its `next` has gone.
    let answered: String?
    /// Ends the sandbox.
    let timer: Task<Void, Never>
  }

  /// A `next` that waits for an event.
  struct Waiting {
    let number: UInt64
    let continuation: CheckedContinuation<Delivery?, Never>
  }

  struct Sandbox {
    let function: String
    /// nil while it is being started.
    var process: FunctionProcess?
    var next: Waiting?
    var running: Running?
    /// nil while it runs an event or waits for one.
    var silence: Silence?
    /// True until the first `next`.
    var isStarting = true
    /// Its end is decided: it is given no event any more.
    var isEnding = false
    /// It ends when it next asks for an event.
    var isOutdated = false
    var initError: InvocationResult?

    var isIdle: Bool { next != nil && !isEnding }

    /// Under the lock, so that a timer that ends at this moment sees it.
    func cancelTimers() {
      running?.timer.cancel()
      silence?.timer.cancel()
    }
  }

  /// A sandbox whose end is decided: what is left to be done about it.
  struct Ending {
    let process: FunctionProcess?
    let next: Waiting?

    func carryOut() {
      next?.continuation.resume(returning: nil)
      process?.kill()
    }
  }

  /// What a look at a function came to.
  struct Plan {
    var deliveries: [(Waiting, Delivery)] = []
    /// Sandboxes to be started.
    var starts: [String] = []
    /// Those of other functions that give way.
    var endings: [Ending] = []
  }

  /// Processes of all functions together.
  let processLimit: Int
  var functions: [String: FunctionDescription] = [:]
  var logs: [String: FunctionLog] = [:]
  var sandboxes: [String: Sandbox] = [:]
  var pending: [String: PendingInvocations] = [:]
  /// The functions that may have a further process and want one, for which there is no room, in the order of their asking.
  private(set) var starved: [String] = []
  var isStopping = false
  /// Waits until no process is left.
  var ended: CheckedContinuation<Void, Never>?
  private var lastNumber: UInt64 = 0

  init(processLimit: Int) { self.processLimit = processLimit }

  mutating func nextNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  /// Gives waiting events to idle processes, and makes places for those that have to be started.
  ///
  /// - Parameters:
  ///   - deliver: makes the delivery of an event.
  ///   - timer: begins the time within which a sandbox has to answer and ask again.
  mutating func plan(
    _ function: String, deliver: (Invocation, FunctionDescription) -> Delivery,
    timer: (_ sandbox: String, FunctionDescription) -> Task<Void, Never>
  ) -> Plan {
    var plan = Plan()
    guard !isStopping, let description = functions[function] else { return plan }
    var waiting = pending[function] ?? PendingInvocations()
    let own = sandboxes.filter { $0.value.function == function }
    for (id, sandbox) in own where sandbox.isIdle {
      guard let invocation = waiting.popFirst(), let next = sandboxes[id]?.next.take() else { break }
      let delivery = deliver(invocation, description)
      sandboxes[id]?.running = Running(
        invocation: invocation, delivery: delivery, timer: timer(id, description))
      sandbox.process?.begin(invocation)
      plan.deliveries.append((next, delivery))
    }
    pending[function] = waiting
    let starting = own.values.count { $0.isStarting && !$0.isEnding }
    let wanted = max(0, min(waiting.count - starting, description.maximumConcurrency - own.count))
    // A function that has processes leaves those room that have none.
    let kept = own.isEmpty ? 0 : starved.count { !hasProcess($0) }
    let count = max(0, min(wanted, processLimit - sandboxes.count - kept))
    if count == wanted {
      starved.removeAll { $0 == function }
    } else {
      if !starved.contains(function) { starved.append(function) }
      plan.endings = endIdle(wanted - count, besides: function)
    }
    plan.starts = (0..<count).map { _ in RandomID.uuid() }
    for id in plan.starts { sandboxes[id] = Sandbox(function: function) }
    return plan
  }

  /// Ends idle sandboxes of other functions until so many processes end, those that have been idle for longest first.
  private mutating func endIdle(_ count: Int, besides function: String) -> [Ending] {
    let missing = count - sandboxes.values.count { $0.isEnding }
    guard missing > 0 else { return [] }
    let idle = sandboxes.filter { $0.value.isIdle && $0.value.function != function }
      .sorted { $0.value.next?.number ?? 0 < $1.value.next?.number ?? 0 }
    return idle.prefix(missing).compactMap { end($0.key) }
  }

  /// Whether a function without any process waits for room, which one of several processes of another should give it.
  func givesWay(_ sandbox: Sandbox) -> Bool {
    guard starved.contains(where: { !hasProcess($0) }), !sandboxes.values.contains(where: \.isEnding) else {
      return false
    }
    return sandboxes.values.count { $0.function == sandbox.function } > 1
  }

  private func hasProcess(_ function: String) -> Bool { sandboxes.values.contains { $0.function == function } }

  /// Decides that a sandbox ends; nil where that is decided already, or there is none.
  mutating func end(_ id: String) -> Ending? {
    guard var sandbox = sandboxes[id], !sandbox.isEnding else { return nil }
    sandbox.isEnding = true
    let ending = Ending(process: sandbox.process, next: sandbox.next.take())
    sandboxes[id] = sandbox
    return ending
  }

  /// The one who waits until no process is left, where none is.
  mutating func takeEnded() -> CheckedContinuation<Void, Never>? { sandboxes.isEmpty ? ended.take() : nil }
}

/// An event that a function is to be run for.
struct Invocation: Sendable {
  /// What its caller wants beside the answer.
  struct Options: Sendable {
    /// What the caller tells of itself, as one line of JSON.
    var clientContext: String?
    /// Whether the end of the log belongs to the answer.
    var wantsLog = false
  }

  let id: String
  let payload: [UInt8]
  var options = Options()
  let continuation: CheckedContinuation<InvocationOutcome, Never>
}

/// An event on its way to a process.
struct Delivery: Sendable {
  var id: String
  /// Epoch milliseconds.
  var deadline: Int64
  var functionARN: String
  var payload: [UInt8]
  var clientContext: String?
}
