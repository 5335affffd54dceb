import CacheSupport
import Foundation
import Synchronization

/// The functions' processes: started when needed, kept warm, fed through the Runtime API, killed past their timeout.
final class Sandboxes: Sendable {
  private struct Invocation: Sendable {
    let id: String
    let payload: [UInt8]
    let continuation: CheckedContinuation<InvocationResult, Never>
  }

  private struct Running {
    let invocation: Invocation
    let timer: Task<Void, Never>
  }

  private struct Sandbox {
    let function: String
    let process: FunctionProcess
    /// Waiting for an event.
    var next: CheckedContinuation<Delivery?, Never>?
    var running: Running?
    /// True until the first `next`.
    var isStarting = true
    var initError: InvocationResult?
  }

  /// An event on its way to a process.
  struct Delivery: Sendable {
    var id: String
    var deadline: Int64
    var functionARN: String
    var payload: [UInt8]
  }

  private struct State {
    var functions: [String: FunctionDescription] = [:]
    var sandboxes: [String: Sandbox] = [:]
    var pending: [String: [Invocation]] = [:]
    var isStopping = false
  }

  private let state = Mutex(State())
  private let account: Account
  private let clock: WallClock
  private let runtimeAddress: @Sendable () -> String
  private let logFolder: String?

  /// Lambda gives the init phase ten seconds.
  static let initLimit: Duration = .seconds(10)

  /// - Parameters:
  ///   - runtimeAddress: `host:port` of the Runtime API.
  ///   - logFolder: where each function's output goes; nil drops it.
  init(account: Account, clock: WallClock, logFolder: String?, runtimeAddress: @escaping @Sendable () -> String) {
    self.account = account
    self.clock = clock
    self.logFolder = logFolder
    self.runtimeAddress = runtimeAddress
  }

  func register(_ function: FunctionDescription) { state.withLock { $0.functions[function.name] = function } }

  func description(of name: String) -> FunctionDescription? { state.withLock { $0.functions[name] } }

  func arn(_ name: String) -> String { "arn:aws:lambda:\(account.region):\(account.id):function:\(name)" }

  /// The processes of a function that are running now.
  func processIDs(of function: String) -> [Int32] {
    state.withLock { $0.sandboxes.values.filter { $0.function == function }.map(\.process.id) }
  }

  /// Runs a function once and waits for at most a time; nil where it took longer. The function itself runs on.
  func invoke(_ function: String, _ payload: [UInt8], within limit: Duration) async -> InvocationResult? {
    await CacheSupport.within(limit) { await self.invoke(function, payload) }
  }

  /// Runs a function once; waits for a process where all are busy.
  ///
  /// - Parameter id: the request's id, the same each time that an event is tried.
  func invoke(
    _ function: String, _ payload: [UInt8], id: String = RandomID.uuid()
  ) async -> InvocationResult {
    await withCheckedContinuation { continuation in
      let invocation = Invocation(id: id, payload: payload, continuation: continuation)
      let isStopping = state.withLock { state in
        if !state.isStopping { state.pending[function, default: []].append(invocation) }
        return state.isStopping
      }
      if isStopping { return continuation.resume(returning: Self.stopped) }
      dispatch(function)
    }
  }

  private static let stopped = InvocationResult.failure("Sandbox.Failure", "The local cloud is stopping")

  // MARK: The Runtime API's side

  /// Waits until there is an event for the process; nil tells it to end.
  func next(_ sandbox: String) async -> Delivery? {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let function: String? = state.withLock { state in
          guard !state.isStopping, state.sandboxes[sandbox] != nil else { return nil }
          state.sandboxes[sandbox]?.next = continuation
          state.sandboxes[sandbox]?.isStarting = false
          return state.sandboxes[sandbox]?.function
        }
        guard let function else { return continuation.resume(returning: nil) }
        dispatch(function)
      }
    } onCancel: {
      state.withLock { $0.sandboxes[sandbox]?.next.take() }?.resume(returning: nil)
    }
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

  /// Gives waiting events to idle processes, and starts processes for the rest as far as the function may have them.
  private func dispatch(_ function: String) {
    var deliveries: [(CheckedContinuation<Delivery?, Never>, Delivery)] = []
    var starts = 0
    state.withLock { state in
      guard let description = state.functions[function] else { return }
      var pending = state.pending[function] ?? []
      for (id, sandbox) in state.sandboxes where sandbox.function == function && !pending.isEmpty {
        guard let next = state.sandboxes[id]?.next.take() else { continue }
        let invocation = pending.removeFirst()
        let timer = Task { await expire(id, invocation.id, after: description.timeout) }
        state.sandboxes[id]?.running = Running(invocation: invocation, timer: timer)
        deliveries.append(
          (
            next,
            Delivery(
              id: invocation.id, deadline: clock.now + Int64(description.timeout) * 1000, functionARN: arn(function),
              payload: invocation.payload)
          ))
      }
      state.pending[function] = pending
      let own = state.sandboxes.values.filter { $0.function == function }
      let starting = own.count { $0.isStarting }
      if !state.isStopping {
        starts = max(0, min(pending.count - starting, description.maximumConcurrency - own.count))
      }
      for _ in 0..<starts { start(description, &state) }
    }
    for (continuation, delivery) in deliveries { continuation.resume(returning: delivery) }
  }

  private func start(_ function: FunctionDescription, _ state: inout State) {
    let id = RandomID.uuid()
    var environment = function.environment
    environment["AWS_LAMBDA_RUNTIME_API"] = "\(runtimeAddress())/runtime/\(id)"
    environment["AWS_LAMBDA_FUNCTION_NAME"] = function.name
    environment["AWS_LAMBDA_FUNCTION_VERSION"] = "$LATEST"
    environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = String(function.memory)
    environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"
    environment["LAMBDA_TASK_ROOT"] = URL(filePath: function.executable).deletingLastPathComponent().path
    environment["_HANDLER"] = "bootstrap"
    environment["TZ"] = ":UTC"
    do {
      let process = try FunctionProcess(
        executable: function.executable, environment: environment, log: logFolder.map { "\($0)/\(function.name).log" }
      ) { [weak self] status in
        // The lock is held here, and a process may be gone already.
        Task { self?.exited(id, status: status) }
      }
      state.sandboxes[id] = Sandbox(function: function.name, process: process)
      Task {
        // Whoever has not asked for an event by then is killed, and its exit fails what waits.
        try? await Task.sleep(for: Self.initLimit)
        self.state.withLock { $0.sandboxes[id].flatMap { $0.isStarting ? $0.process : nil } }?.kill()
      }
    } catch {
      let failed = state.pending[function.name]?.isEmpty ?? true ? nil : state.pending[function.name]?.removeFirst()
      failed?.continuation.resume(returning: .failure("Runtime.InvalidEntrypoint", "\(function.executable): \(error)"))
    }
  }

  private func expire(_ sandbox: String, _ invocation: String, after seconds: Int) async {
    do { try await Task.sleep(for: .seconds(seconds)) } catch { return }
    let running: (Running, FunctionProcess)? = state.withLock { state in
      guard let box = state.sandboxes[sandbox], let running = box.running, running.invocation.id == invocation else {
        return nil
      }
      state.sandboxes[sandbox]?.running = nil
      return (running, box.process)
    }
    guard let (running, process) = running else { return }
    process.kill()
    running.invocation.continuation.resume(
      returning: .failure(
        "Sandbox.Timedout", "RequestId: \(invocation) Error: Task timed out after \(seconds).00 seconds"))
  }

  private func exited(_ id: String, status: String) {
    var answers: [(Invocation, InvocationResult)] = []
    var function: String?
    var orphan: CheckedContinuation<Delivery?, Never>?
    state.withLock { state in
      guard let sandbox = state.sandboxes.removeValue(forKey: id) else { return }
      function = sandbox.function
      orphan = sandbox.next
      sandbox.running?.timer.cancel()
      if let running = sandbox.running {
        answers.append(
          (
            running.invocation,
            .failure(
              "Runtime.ExitError", "RequestId: \(running.invocation.id) Error: Runtime exited with error: \(status)")
          ))
      } else if sandbox.isStarting, let first = state.pending[sandbox.function]?.first {
        state.pending[sandbox.function]?.removeFirst()
        answers.append(
          (
            first,
            sandbox.initError
              ?? .failure("Runtime.ExitError", "RequestId: \(first.id) Error: Runtime exited with error: \(status)")
          ))
      }
    }
    orphan?.resume(returning: nil)
    for (invocation, result) in answers { invocation.continuation.resume(returning: result) }
    if let function { dispatch(function) }
  }

  /// Kills every process and fails what still waits.
  func stop() async {
    let (processes, waiting, idle) = state.withLock { state in
      state.isStopping = true
      var waiting = state.pending.values.flatMap { $0 }
      for id in state.sandboxes.keys {
        guard let running = state.sandboxes[id]?.running.take() else { continue }
        running.timer.cancel()
        waiting.append(running.invocation)
      }
      state.pending = [:]
      let idle = state.sandboxes.keys.compactMap { state.sandboxes[$0]?.next.take() }
      return (state.sandboxes.values.map(\.process), waiting, idle)
    }
    for continuation in idle { continuation.resume(returning: nil) }
    for invocation in waiting { invocation.continuation.resume(returning: Self.stopped) }
    for process in processes { process.kill() }
    for process in processes { await process.ended() }
  }
}
