import CacheSupport
import Synchronization

/// The functions' processes: started when needed, kept warm, fed through the Runtime API, killed past their timeout.
final class Sandboxes: Sendable {
  let pool: Mutex<SandboxPool>
  let watcher: ProcessWatcher
  let runtimeAddress: @Sendable () -> String
  let limitsMemory: Bool
  let initLimit: Duration
  let account: Account
  let clock: WallClock
  let history = InvocationHistory()
  private let logFolder: String?
  private let faults: Faults?

  /// - Parameters:
  ///   - logFolder: where each function's output goes; nil drops it.
  ///   - limitsMemory: whether a process that takes more than its function may have is killed.
  ///   - processLimit: how many processes all functions may have together.
  ///   - initLimit: how long a process may take before it asks for its first event. Lambda gives ten seconds.
  ///   - faults: strike invocations.
  ///   - runtimeAddress: `host:port` of the Runtime API.
  init(
    account: Account, clock: WallClock, logFolder: String?, limitsMemory: Bool = true, processLimit: Int = 256,
    initLimit: Duration = .seconds(10), faults: Faults? = nil, runtimeAddress: @escaping @Sendable () -> String
  ) throws(FunctionProcess.StartFailure) {
    self.account = account
    self.clock = clock
    self.logFolder = logFolder
    self.limitsMemory = limitsMemory
    self.initLimit = initLimit
    self.faults = faults
    self.runtimeAddress = runtimeAddress
    pool = Mutex(SandboxPool(processLimit: processLimit))
    watcher = try ProcessWatcher()
  }

  /// How many processes all functions may have together.
  var processLimit: Int { pool.withLock { $0.processLimit } }

  func register(_ function: FunctionDescription) {
    pool.withLock { pool in
      pool.functions[function.name] = function
      pool.logs[function.name] = logFolder.map { FunctionLog(path: "\($0)/\(function.name).log") }
    }
  }

  /// Lets a function without a reservation have at least so many processes at once.
  func allow(_ function: String, processes: Int) {
    pool.withLock { pool in
      guard var description = pool.functions[function], description.reservedConcurrency == nil else { return }
      description.maximumConcurrency = max(description.maximumConcurrency, processes)
      pool.functions[function] = description
    }
  }

  /// In the order of their names.
  var descriptions: [FunctionDescription] { pool.withLock { $0.functions.values.sorted { $0.name < $1.name } } }

  func description(of name: String) -> FunctionDescription? { pool.withLock { $0.functions[name] } }

  /// What a function printed; nil where nothing is kept.
  func log(of name: String) -> FunctionLog? { pool.withLock { $0.logs[name] } }

  func arn(_ name: String) -> String { "arn:aws:lambda:\(account.region):\(account.id):function:\(name)" }

  /// The processes of a function that are running now.
  func processIDs(of function: String) -> [Int32] {
    pool.withLock { $0.sandboxes.values.filter { $0.function == function }.compactMap { $0.process?.id } }
  }

  /// Whether a `next` of the sandbox waits for an event.
  func isWaiting(_ sandbox: String) -> Bool { pool.withLock { $0.sandboxes[sandbox]?.next != nil } }

  // MARK: Invocations

  /// Runs a function once and waits for at most a time; nil where it took longer. The function itself runs on.
  func invoke(_ function: String, _ payload: [UInt8], within limit: Duration) async -> InvocationOutcome? {
    await CacheSupport.within(limit) { await self.invoke(function, payload) }
  }

  /// Runs a function once; waits for a process where all are busy.
  ///
  /// - Parameter id: the request's id, the same each time that an event is tried.
  func invoke(
    _ function: String, _ payload: [UInt8], id: String = RandomID.uuid(), options: Invocation.Options = .init()
  ) async -> InvocationOutcome {
    let began = ContinuousClock.now
    if let struck = faults?.invocation(of: function) {
      history.add(function, struck, id: id, took: .zero, at: clock.now)
      return struck
    }
    let outcome = await withCheckedContinuation { continuation in
      let invocation = Invocation(id: id, payload: payload, options: options, continuation: continuation)
      let refusal: InvocationOutcome? = pool.withLock { pool in
        if pool.isStopping { return .stopped }
        return pool.pending[function, default: PendingInvocations()].append(invocation)
          ? nil : .throttled(onPurpose: false)
      }
      if let refusal { return continuation.resume(returning: refusal) }
      dispatch(function)
    }
    history.add(function, outcome, id: id, took: began.duration(to: .now), at: clock.now)
    return outcome
  }

  /// Gives waiting events to idle processes, and starts processes for the rest as far as the function may have them.
  func dispatch(_ function: String) {
    // A start that failed has failed an invocation; the others get a try of their own.
    while true {
      let plan = pool.withLock { pool in
        pool.plan(function) { invocation, description in
          Delivery(
            id: invocation.id, deadline: clock.now + Int64(description.timeout) * 1000, functionARN: arn(function),
            payload: invocation.payload, clientContext: invocation.options.clientContext)
        } timer: { sandbox, description in
          timer(sandbox, description)
        }
      }
      for (waiting, delivery) in plan.deliveries { waiting.continuation.resume(returning: delivery) }
      for ending in plan.endings { ending.carryOut() }
      var hasFailed = false
      for sandbox in plan.starts where !start(sandbox, function) { hasFailed = true }
      guard hasFailed else { return }
    }
  }

  /// Looks at those that there was no room for.
  func dispatchStarved() { for function in pool.withLock({ $0.starved }) { dispatch(function) } }

  private func timer(_ sandbox: String, _ function: FunctionDescription) -> Task<Void, Never> {
    Task { await expire(sandbox, after: function.timeout) }
  }

  /// Ends a sandbox that has not asked for its next event within its function's time, whether it has answered or not.
  private func expire(_ sandbox: String, after seconds: Int) async {
    do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
    let (running, ending): (SandboxPool.Running?, SandboxPool.Ending?) = pool.withLock { pool in
      guard !Task.isCancelled else { return (nil, nil) }
      return (pool.sandboxes[sandbox]?.running.take(), pool.end(sandbox))
    }
    ending?.carryOut()
    guard let running else { return }
    var result = InvocationResult.failure(
      "Sandbox.Timedout",
      "RequestId: \(running.invocation.id) Error: Task timed out after \(seconds).00 seconds")
    if running.invocation.options.wantsLog, let process = ending?.process {
      result.log = await log(of: running, process)
    }
    running.invocation.continuation.resume(returning: .finished(result))
  }

  // MARK: Logs

  /// Waits until what a process has printed is read; nil where the invocation does not run there, or wants no log.
  func log(of invocation: String, in sandbox: String) async -> [UInt8]? {
    let found: (SandboxPool.Running, FunctionProcess)? = pool.withLock { pool in
      guard let running = pool.sandboxes[sandbox]?.running, let process = pool.sandboxes[sandbox]?.process,
        running.invocation.id == invocation, running.invocation.options.wantsLog
      else { return nil }
      return (running, process)
    }
    guard let (running, process) = found else { return nil }
    return await log(of: running, process)
  }

  private func log(of running: SandboxPool.Running, _ process: FunctionProcess) async -> [UInt8] {
    let memory = await watcher.readOut(process)
    return log(of: running, process, memory: memory)
  }

  /// - Parameter memory: bytes that the process has.
  func log(of running: SandboxPool.Running, _ process: FunctionProcess, memory: Int) -> [UInt8] {
    LogTail.log(
      of: running.invocation.id, printed: process.tail.withLock { $0?.bytes ?? [] },
      took: running.began.duration(to: .now), limit: process.memory, used: memory)
  }

  /// Whether the invocation that runs in a sandbox asked for its log.
  func wantsLog(_ sandbox: String) -> Bool {
    pool.withLock { $0.sandboxes[sandbox]?.running?.invocation.options.wantsLog ?? false }
  }

  // MARK: The Runtime API's side

  /// Waits until there is an event for the process; nil tells it to end.
  ///
  /// One `next` waits for a process: a newer one takes the place of an older one, which ends. An event that was given out and
  /// not answered is given to the next that asks: the answer may never have reached the process.
  func next(_ sandbox: String) async -> Delivery? {
    let number = pool.withLock { $0.nextNumber() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait(sandbox, SandboxPool.Waiting(number: number, continuation: continuation))
      }
    } onCancel: {
      let waiting: SandboxPool.Waiting? = pool.withLock { pool in
        guard var box = pool.sandboxes[sandbox], box.next?.number == number else { return nil }
        let waiting = box.next.take()
        // It may ask again, but not whenever it likes: meanwhile it takes the place of another.
        if let description = pool.functions[box.function] {
          box.silence = SandboxPool.Silence(answered: nil, timer: timer(sandbox, description))
        }
        pool.sandboxes[sandbox] = box
        return waiting
      }
      waiting?.continuation.resume(returning: nil)
    }
  }

  private func wait(_ sandbox: String, _ waiting: SandboxPool.Waiting) {
    var older: SandboxPool.Waiting?
    var function: String?
    var again: Delivery?
    var ending: SandboxPool.Ending?
    pool.withLock { pool in
      // A cancellation after this look finds the one that waits, for it takes the lock.
      guard !pool.isStopping, !Task.isCancelled, var box = pool.sandboxes[sandbox], !box.isEnding else { return }
      box.isStarting = false
      box.silence.take()?.timer.cancel()
      older = box.next.take()
      again = box.running?.delivery
      let givesWay = again == nil && (box.isOutdated || pool.givesWay(box))
      if again == nil, !givesWay {
        box.next = waiting
        box.process?.isBusy.store(false, ordering: .relaxed)
        function = box.function
      }
      pool.sandboxes[sandbox] = box
      if givesWay { ending = pool.end(sandbox) }
    }
    older?.continuation.resume(returning: nil)
    ending?.carryOut()
    guard let function else { return waiting.continuation.resume(returning: again) }
    dispatch(function)
    dispatchStarved()
  }

  /// Takes an answer. The invocation's time goes on until the process asks for the next event.
  ///
  /// - Returns: false where no such invocation is running in the process.
  func finish(_ sandbox: String, _ invocation: String, _ result: InvocationResult) -> Bool {
    let (running, process): (SandboxPool.Running?, FunctionProcess?) = pool.withLock { pool in
      guard pool.sandboxes[sandbox]?.running?.invocation.id == invocation else { return (nil, nil) }
      let running = pool.sandboxes[sandbox]?.running.take()
      pool.sandboxes[sandbox]?.silence = running.map { .init(answered: invocation, timer: $0.timer) }
      return (running, pool.sandboxes[sandbox]?.process)
    }
    guard let running else { return false }
    if let process, let memory = GroupMemory.size(of: process.id) { history.note(memory, of: invocation) }
    running.invocation.continuation.resume(returning: .finished(result))
    return true
  }

  /// Whether the invocation is the last that the process answered, and it has not asked for another since.
  func hasAnswered(_ sandbox: String, _ invocation: String) -> Bool {
    pool.withLock { $0.sandboxes[sandbox]?.silence?.answered == invocation }
  }

  func failInit(_ sandbox: String, _ payload: [UInt8]) {
    pool.withLock { $0.sandboxes[sandbox]?.initError = InvocationResult(payload: payload, functionError: "Unhandled") }
  }
}
