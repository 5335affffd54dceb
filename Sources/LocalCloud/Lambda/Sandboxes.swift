import CacheSupport
import Foundation
import Synchronization

/// The functions' processes: started when needed, kept warm, fed through the Runtime API, killed past their timeout.
final class Sandboxes: Sendable {
  struct Invocation: Sendable {
    let id: String
    let payload: [UInt8]
    let continuation: CheckedContinuation<InvocationResult, Never>
  }

  /// An event on its way to a process.
  struct Delivery: Sendable {
    var id: String
    /// Epoch milliseconds.
    var deadline: Int64
    var functionARN: String
    var payload: [UInt8]
  }

  private struct Running {
    let invocation: Invocation
    let delivery: Delivery
    let timer: Task<Void, Never>
  }

  /// A `next` that waits for an event.
  private struct Waiting {
    let number: UInt64
    let continuation: CheckedContinuation<Delivery?, Never>
  }

  private struct Sandbox {
    let function: String
    /// nil while it is being started.
    var process: FunctionProcess?
    var next: Waiting?
    var running: Running?
    /// True until the first `next`.
    var isStarting = true
    var initError: InvocationResult?
  }

  private struct State {
    var functions: [String: FunctionDescription] = [:]
    var logs: [String: FunctionLog] = [:]
    var sandboxes: [String: Sandbox] = [:]
    var pending: [String: PendingInvocations] = [:]
    var lastNumber: UInt64 = 0
    var isStopping = false
    /// Waits until no process is left.
    var ended: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())
  private let watcher: ProcessWatcher
  private let account: Account
  private let clock: WallClock
  private let runtimeAddress: @Sendable () -> String
  private let logFolder: String?
  private let limitsMemory: Bool
  private let initLimit: Duration

  /// How long an end waits for processes that were killed.
  static let stopLimit: Duration = .seconds(5)

  /// - Parameters:
  ///   - logFolder: where each function's output goes; nil drops it.
  ///   - limitsMemory: whether a process that takes more than its function may have is killed.
  ///   - initLimit: how long a process may take before it asks for its first event. Lambda gives ten seconds.
  ///   - runtimeAddress: `host:port` of the Runtime API.
  init(
    account: Account, clock: WallClock, logFolder: String?, limitsMemory: Bool = true,
    initLimit: Duration = .seconds(10),
    runtimeAddress: @escaping @Sendable () -> String
  ) throws(FunctionProcess.StartFailure) {
    self.account = account
    self.clock = clock
    self.logFolder = logFolder
    self.limitsMemory = limitsMemory
    self.initLimit = initLimit
    self.runtimeAddress = runtimeAddress
    watcher = try ProcessWatcher()
  }

  func register(_ function: FunctionDescription) {
    state.withLock { state in
      state.functions[function.name] = function
      state.logs[function.name] = logFolder.map { FunctionLog(path: "\($0)/\(function.name).log") }
    }
  }

  func description(of name: String) -> FunctionDescription? { state.withLock { $0.functions[name] } }

  func arn(_ name: String) -> String { "arn:aws:lambda:\(account.region):\(account.id):function:\(name)" }

  /// The processes of a function that are running now.
  func processIDs(of function: String) -> [Int32] {
    state.withLock { $0.sandboxes.values.filter { $0.function == function }.compactMap { $0.process?.id } }
  }

  /// Whether a `next` of the sandbox waits for an event.
  func isWaiting(_ sandbox: String) -> Bool { state.withLock { $0.sandboxes[sandbox]?.next != nil } }

  // MARK: Invocations

  /// Runs a function once and waits for at most a time; nil where it took longer. The function itself runs on.
  func invoke(_ function: String, _ payload: [UInt8], within limit: Duration) async -> InvocationResult? {
    await CacheSupport.within(limit) { await self.invoke(function, payload) }
  }

  /// Runs a function once; waits for a process where all are busy.
  ///
  /// - Parameter id: the request's id, the same each time that an event is tried.
  /// - Returns: ``InvocationResult/throttled`` where too many wait already.
  func invoke(
    _ function: String, _ payload: [UInt8], id: String = RandomID.uuid()
  ) async -> InvocationResult {
    await withCheckedContinuation { continuation in
      let invocation = Invocation(id: id, payload: payload, continuation: continuation)
      let refusal: InvocationResult? = state.withLock { state in
        if state.isStopping { return .stopped }
        return state.pending[function, default: PendingInvocations()].append(invocation) ? nil : .throttled
      }
      if let refusal { return continuation.resume(returning: refusal) }
      dispatch(function)
    }
  }

  /// Gives waiting events to idle processes, and starts processes for the rest as far as the function may have them.
  private func dispatch(_ function: String) {
    // A start that failed has failed an invocation; the others get a try of their own.
    while true {
      let (deliveries, starts) = state.withLock { state in plan(function, &state) }
      for (waiting, delivery) in deliveries { waiting.continuation.resume(returning: delivery) }
      var hasFailed = false
      for sandbox in starts where !start(sandbox, function) { hasFailed = true }
      guard hasFailed else { return }
    }
  }

  private func plan(
    _ function: String, _ state: inout State
  ) -> (deliveries: [(Waiting, Delivery)], starts: [String]) {
    guard !state.isStopping, let description = state.functions[function] else { return ([], []) }
    var pending = state.pending[function] ?? PendingInvocations()
    var deliveries: [(Waiting, Delivery)] = []
    let own = state.sandboxes.filter { $0.value.function == function }
    for (id, sandbox) in own where sandbox.next != nil {
      guard let invocation = pending.popFirst(), let next = state.sandboxes[id]?.next.take() else { break }
      let delivery = Delivery(
        id: invocation.id, deadline: clock.now + Int64(description.timeout) * 1000, functionARN: arn(function),
        payload: invocation.payload)
      let timer = Task { await expire(id, invocation.id, after: description.timeout) }
      state.sandboxes[id]?.running = Running(invocation: invocation, delivery: delivery, timer: timer)
      sandbox.process?.isBusy.store(true, ordering: .relaxed)
      deliveries.append((next, delivery))
    }
    state.pending[function] = pending
    let starting = own.values.count { $0.isStarting }
    let count = max(0, min(pending.count - starting, description.maximumConcurrency - own.count))
    let starts = (0..<count).map { _ in RandomID.uuid() }
    for id in starts { state.sandboxes[id] = Sandbox(function: function) }
    return (deliveries, starts)
  }

  private func expire(_ sandbox: String, _ invocation: String, after seconds: Int) async {
    do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
    let expired: (Running, FunctionProcess?)? = state.withLock { state in
      guard let running = state.sandboxes[sandbox]?.running, running.invocation.id == invocation else { return nil }
      state.sandboxes[sandbox]?.running = nil
      return (running, state.sandboxes[sandbox]?.process)
    }
    guard let (running, process) = expired else { return }
    process?.kill()
    running.invocation.continuation.resume(
      returning: .failure(
        "Sandbox.Timedout", "RequestId: \(invocation) Error: Task timed out after \(seconds).00 seconds"))
  }

  // MARK: The Runtime API's side

  /// Waits until there is an event for the process; nil tells it to end.
  ///
  /// One `next` waits for a process: a newer one takes the place of an older one, which ends. An event that was given out and
  /// not answered is given to the next that asks: the answer may never have reached the process.
  func next(_ sandbox: String) async -> Delivery? {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        wait(sandbox, Waiting(number: number, continuation: continuation))
      }
    } onCancel: {
      let waiting: Waiting? = state.withLock { state in
        guard state.sandboxes[sandbox]?.next?.number == number else { return nil }
        return state.sandboxes[sandbox]?.next.take()
      }
      waiting?.continuation.resume(returning: nil)
    }
  }

  private func wait(_ sandbox: String, _ waiting: Waiting) {
    var older: Waiting?
    var function: String?
    var again: Delivery?
    let isOver = state.withLock { state in
      // A cancellation after this look finds the one that waits, for it takes the lock.
      guard !state.isStopping, !Task.isCancelled, var box = state.sandboxes[sandbox] else { return true }
      box.isStarting = false
      older = box.next.take()
      again = box.running?.delivery
      if again == nil {
        box.next = waiting
        box.process?.isBusy.store(false, ordering: .relaxed)
      }
      state.sandboxes[sandbox] = box
      function = box.function
      return false
    }
    older?.continuation.resume(returning: nil)
    if isOver || again != nil { return waiting.continuation.resume(returning: again) }
    if let function { dispatch(function) }
  }

  /// - Returns: false where no such invocation is running in the process.
  func finish(_ sandbox: String, _ invocation: String, _ result: InvocationResult) -> Bool {
    let running: Running? = state.withLock { state in
      guard state.sandboxes[sandbox]?.running?.invocation.id == invocation else { return nil }
      return state.sandboxes[sandbox]?.running.take()
    }
    guard let running else { return false }
    running.timer.cancel()
    running.invocation.continuation.resume(returning: result)
    return true
  }

  func failInit(_ sandbox: String, _ payload: [UInt8]) {
    state.withLock { $0.sandboxes[sandbox]?.initError = InvocationResult(payload: payload, functionError: "Unhandled") }
  }

  // MARK: Processes

  /// Starts the process of a sandbox.
  ///
  /// - Returns: false where it cannot be started, and an invocation has failed for it.
  private func start(_ id: String, _ name: String) -> Bool {
    let (function, log) = state.withLock { ($0.functions[name], $0.logs[name]) }
    guard let function else { return true }
    do throws(FunctionProcess.StartFailure) {
      let process = try FunctionProcess(
        executable: function.executable, environment: environment(of: function, in: id), log: log,
        memoryLimit: limitsMemory ? function.memory << 20 : nil
      ) { [weak self] status in self?.exited(id, status) }
      let isStopping = state.withLock { state in
        state.sandboxes[id]?.process = process
        return state.isStopping
      }
      watcher.add(process)
      if isStopping { process.kill() }
      Task {
        // Whoever has not asked for an event by then is killed, and its exit fails what waits.
        try? await Task.sleep(for: self.initLimit)
        self.state.withLock { $0.sandboxes[id].flatMap { $0.isStarting ? $0.process : nil } }?.kill()
      }
      return true
    } catch {
      let (failed, ended) = state.withLock { state in
        state.sandboxes[id] = nil
        // Where this machine has no room for one more process, those that are there go on.
        let hasOthers = state.sandboxes.values.contains { $0.function == name }
        let isFatal = error.isEntrypoint || !hasOthers
        return (isFatal ? state.pending[name]?.popFirst() : nil, takeEnded(&state))
      }
      ended?.resume()
      failed?.continuation.resume(
        returning: .failure(error.isEntrypoint ? "Runtime.InvalidEntrypoint" : "Sandbox.Failure", error.description))
      return failed == nil
    }
  }

  private func environment(of function: FunctionDescription, in sandbox: String) -> [String: String] {
    var environment = function.environment
    environment["AWS_LAMBDA_RUNTIME_API"] = runtimeAddress() + RuntimeAPI.path(of: sandbox)
    environment["AWS_LAMBDA_FUNCTION_NAME"] = function.name
    environment["AWS_LAMBDA_FUNCTION_VERSION"] = "$LATEST"
    environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = String(function.memory)
    environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"
    environment["LAMBDA_TASK_ROOT"] = URL(filePath: function.executable).deletingLastPathComponent().path
    environment["_HANDLER"] = "bootstrap"
    // A template may set another.
    environment["TZ"] = function.environment["TZ"] ?? ":UTC"
    return environment
  }

  private func exited(_ id: String, _ status: ExitStatus) {
    var answer: (invocation: Invocation, result: InvocationResult)?
    let (sandbox, ended): (Sandbox?, CheckedContinuation<Void, Never>?) = state.withLock { state in
      guard let sandbox = state.sandboxes.removeValue(forKey: id) else { return (nil, nil) }
      sandbox.running?.timer.cancel()
      if let running = sandbox.running {
        answer = (running.invocation, .exit(status, running.invocation.id))
      } else if sandbox.isStarting, let first = state.pending[sandbox.function]?.popFirst() {
        answer = (first, sandbox.initError ?? .exit(status, first.id))
      }
      return (sandbox, takeEnded(&state))
    }
    sandbox?.next?.continuation.resume(returning: nil)
    if let answer { answer.invocation.continuation.resume(returning: answer.result) }
    ended?.resume()
    if let sandbox { dispatch(sandbox.function) }
  }

  // MARK: The end

  /// Kills every process and fails what still waits.
  func stop() async {
    let (processes, waiting, idle) = state.withLock { state in
      state.isStopping = true
      var waiting = state.pending.values.flatMap(\.all)
      for id in state.sandboxes.keys {
        guard let running = state.sandboxes[id]?.running.take() else { continue }
        running.timer.cancel()
        waiting.append(running.invocation)
      }
      state.pending = [:]
      let idle = state.sandboxes.keys.compactMap { state.sandboxes[$0]?.next.take() }
      return (state.sandboxes.values.compactMap(\.process), waiting, idle)
    }
    for next in idle { next.continuation.resume(returning: nil) }
    for invocation in waiting { invocation.continuation.resume(returning: .stopped) }
    for process in processes { process.kill() }
    // One that the kernel holds fast, say on a dead disk, holds up nobody.
    _ = await CacheSupport.within(Self.stopLimit) { await self.allEnded() }
  }

  private func allEnded() async {
    await withCheckedContinuation { continuation in
      let isOver = state.withLock { state in
        if !state.sandboxes.isEmpty { state.ended = continuation }
        return state.sandboxes.isEmpty
      }
      if isOver { continuation.resume() }
    }
  }

  /// The one who waits until no process is left, where none is.
  private func takeEnded(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    state.sandboxes.isEmpty ? state.ended.take() : nil
  }
}
