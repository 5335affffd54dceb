import CacheSupport
import Foundation
import Synchronization

extension Sandboxes {
  /// Starts the process of a sandbox.
  ///
  /// - Returns: false where it cannot be started, and an invocation has failed for it.
  func start(_ id: String, _ name: String) -> Bool {
    let (function, log) = pool.withLock { ($0.functions[name], $0.logs[name]) }
    guard let function else { return true }
    do throws(FunctionProcess.StartFailure) {
      let process = try FunctionProcess(
        executable: function.executable, environment: environment(of: function, in: id), log: log,
        memory: function.memory, limitsMemory: limitsMemory,
        onExcess: { [weak self] in self?.pool.withLock { $0.end(id) }?.carryOut() },
        onExit: { [weak self] status in self?.exited(id, status) })
      let isOver = pool.withLock { pool in
        pool.sandboxes[id]?.process = process
        // It may be so quick that it has an event already.
        if let running = pool.sandboxes[id]?.running { process.begin(running.invocation) }
        return pool.isStopping || pool.sandboxes[id]?.isEnding ?? true
      }
      watcher.add(process)
      if isOver { process.kill() }
      Task { [weak self, initLimit] in
        // Whoever has not asked for an event by then is killed, and its exit fails what waits.
        try? await Task.sleep(for: initLimit)
        self?.pool.withLock { $0.sandboxes[id]?.isStarting == true ? $0.end(id) : nil }?.carryOut()
      }
      return true
    } catch {
      let (failed, ended) = pool.withLock { pool in
        pool.sandboxes[id] = nil
        // Where this machine has no room for one more process, those that are there go on.
        let hasOthers = pool.sandboxes.values.contains { $0.function == name }
        let isFatal = error.isEntrypoint || !hasOthers
        return (isFatal ? pool.pending[name]?.popFirst() : nil, pool.takeEnded())
      }
      ended?.resume()
      // Its place is free. Not from within, for a start may follow that fails, too.
      Task { self.dispatchStarved() }
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
    environment["AWS_LAMBDA_LOG_GROUP_NAME"] = function.logGroup
    let day = UTCTime(epochMilliseconds: clock.now).dateText.replacing("-", with: "/")
    environment["AWS_LAMBDA_LOG_STREAM_NAME"] = "\(day)/[$LATEST]\(sandbox.filter { $0 != "-" })"
    environment["LAMBDA_TASK_ROOT"] = URL(filePath: function.executable).deletingLastPathComponent().path
    environment["_HANDLER"] = function.handler
    // A template may set another.
    environment["TZ"] = function.environment["TZ"] ?? ":UTC"
    return environment
  }

  private func exited(_ id: String, _ status: ExitStatus) {
    var answer: (invocation: Invocation, result: InvocationResult)?
    let (sandbox, ended): (SandboxPool.Sandbox?, CheckedContinuation<Void, Never>?) = pool.withLock { pool in
      guard let sandbox = pool.sandboxes.removeValue(forKey: id) else { return (nil, nil) }
      sandbox.cancelTimers()
      if let running = sandbox.running {
        var result = InvocationResult.exit(status, running.invocation.id)
        if running.invocation.options.wantsLog, let process = sandbox.process {
          // It is gone: what it had in memory cannot be told any more.
          result.log = log(of: running, process, memory: 0)
        }
        answer = (running.invocation, result)
      } else if sandbox.isStarting, let first = pool.pending[sandbox.function]?.popFirst() {
        answer = (first, sandbox.initError ?? .exit(status, first.id))
      }
      return (sandbox, pool.takeEnded())
    }
    sandbox?.next?.continuation.resume(returning: nil)
    if let answer { answer.invocation.continuation.resume(returning: .finished(answer.result)) }
    ended?.resume()
    // Those that waited for the room come first.
    dispatchStarved()
    if let sandbox { dispatch(sandbox.function) }
  }

  // MARK: The end

  /// How long an end waits for processes that were killed.
  static let stopLimit: Duration = .seconds(5)

  /// Kills every process and fails what still waits.
  func stop() async {
    let (processes, waiting, idle) = pool.withLock { pool in
      pool.isStopping = true
      var waiting = pool.pending.values.flatMap(\.all)
      for id in pool.sandboxes.keys {
        pool.sandboxes[id]?.cancelTimers()
        guard let running = pool.sandboxes[id]?.running.take() else { continue }
        waiting.append(running.invocation)
      }
      pool.pending = [:]
      let idle = pool.sandboxes.keys.compactMap { pool.sandboxes[$0]?.next.take() }
      return (pool.sandboxes.values.compactMap(\.process), waiting, idle)
    }
    for next in idle { next.continuation.resume(returning: nil) }
    for invocation in waiting { invocation.continuation.resume(returning: .stopped) }
    for process in processes { process.kill() }
    // One that the kernel holds fast, say on a dead disk, holds up nobody.
    _ = await CacheSupport.within(Self.stopLimit) { await self.allEnded() }
  }

  private func allEnded() async {
    await withCheckedContinuation { continuation in
      let isOver = pool.withLock { pool in
        if !pool.sandboxes.isEmpty { pool.ended = continuation }
        return pool.sandboxes.isEmpty
      }
      if isOver { continuation.resume() }
    }
  }
}
