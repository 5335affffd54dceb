import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// The functions' processes, without a server: the tests ask for events where a function would.
@Suite struct SandboxTests {
  /// A folder of scripts that goes with the test.
  struct Scripts: ~Copyable {
    let folder: URL

    init() throws {
      folder = FileManager.default.temporaryDirectory.appending(
        path: "sandboxes-\(RandomID.uuid())", directoryHint: .isDirectory)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// A script whose `$0` lies in the folder.
    func add(_ name: String, _ script: String) throws -> String {
      let file = folder.appending(path: name).path
      try Self.write("#!/bin/sh\n\(script)\n", to: file)
      return file
    }

    /// Writes an executable file: by a program of its own, for a process that another test starts meanwhile would hold our
    /// file open, and nobody could run it ("Text file busy").
    static func write(_ text: String, to file: String) throws {
      let words = ["-c", #"printf '%s' "$1" > "$0" && chmod 755 "$0""#, file, text]
      let writer = try ChildProcess.spawn("/bin/sh", words, environment: ["PATH": "/usr/bin:/bin"])
      #expect(ChildProcess.reap(writer).raw == 0)
    }

    func text(_ name: String) -> String {
      (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }
  }

  /// Notes the sandbox that it is, and waits.
  static let idle = #"echo "$AWS_LAMBDA_RUNTIME_API" >> "$(dirname "$0")/sandboxes"; exec sleep 1000"#

  /// Takes 400 MB: tail holds what it has read until it can print it, which sleep does not let it.
  static let greedy = "head -c 400000000 /dev/zero | tail -c 400000000 | sleep 1000"

  static func sandboxes(
    _ scripts: borrowing Scripts, logs: Bool = false, memory: Bool = false, processLimit: Int = 64
  ) throws -> Sandboxes {
    // No test waits for a limit of ten seconds on a slow machine.
    try Sandboxes(
      account: Account(), clock: .system, logFolder: logs ? scripts.folder.path : nil, limitsMemory: memory,
      processLimit: processLimit, initLimit: .seconds(600)
    ) { "127.0.0.1:1" }
  }

  /// The ids of the sandboxes that idle scripts have noted.
  static func started(_ folder: URL, count: Int) async throws -> [String] {
    func ids() -> [String] {
      let text = (try? String(contentsOf: folder.appending(path: "sandboxes"), encoding: .utf8)) ?? ""
      return text.split(separator: "\n").map { String($0.split(separator: "/").last ?? "") }
    }
    #expect(try await eventually { ids().count >= count })
    return ids()
  }

  static func isGone(_ process: String) -> Bool {
    guard let id = pid_t(process.filter { $0 != "\n" }) else { return false }
    return kill(id, 0) == -1 && errno == ESRCH
  }

  @Test("A newer next takes the place of an older one, and has the event; the older one ends", .timeLimit(.minutes(5)))
  func twoNexts() async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: try scripts.add("f", Self.idle), environment: [:]))
    async let result = sandboxes.invoke("f", Array("1".utf8), id: "one")
    let id = try await Self.started(scripts.folder, count: 1)[0]
    #expect(await sandboxes.next(id)?.id == "one")
    #expect(sandboxes.finish(id, "one", InvocationResult(payload: Array("a".utf8))))
    #expect(await result == .finished(InvocationResult(payload: Array("a".utf8))))
    // Nothing is there to be had: the first waits until the second comes.
    let older = Task { await sandboxes.next(id) }
    #expect(try await eventually { sandboxes.isWaiting(id) })
    let newer = Task { await sandboxes.next(id) }
    #expect(await older.value == nil)
    async let second = sandboxes.invoke("f", Array("2".utf8), id: "two")
    #expect(await newer.value?.id == "two")
    #expect(sandboxes.finish(id, "two", InvocationResult(payload: Array("b".utf8))))
    #expect(await second == .finished(InvocationResult(payload: Array("b".utf8))))
    #expect(!sandboxes.finish(id, "two", InvocationResult(payload: [])))
    await sandboxes.stop()
  }

  @Test("An event that was given out and not answered is given to the next that asks, until its time is over")
  func again() async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: try scripts.add("f", Self.idle), environment: [:], timeout: 60))
    async let result = sandboxes.invoke("f", [], id: "one")
    let id = try await Self.started(scripts.folder, count: 1)[0]
    let first = await sandboxes.next(id)
    let second = await sandboxes.next(id)
    #expect(first?.id == "one" && second?.id == "one" && first?.deadline == second?.deadline)
    #expect(sandboxes.finish(id, "one", InvocationResult(payload: Array("1".utf8))))
    #expect(await result == .finished(InvocationResult(payload: Array("1".utf8))))
    await sandboxes.stop()
  }

  @Test("A next whose client has gone leaves the one that came after it alone", .timeLimit(.minutes(5)))
  func reconnects() async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: try scripts.add("f", Self.idle), environment: [:]))
    async let result = sandboxes.invoke("f", [], id: "one")
    let id = try await Self.started(scripts.folder, count: 1)[0]
    _ = await sandboxes.next(id)
    #expect(sandboxes.finish(id, "one", InvocationResult(payload: [])))
    _ = await result
    let gone = Task { await sandboxes.next(id) }
    #expect(try await eventually { sandboxes.isWaiting(id) })
    let newer = Task { await sandboxes.next(id) }
    // Replaced, and then cancelled, as a client that reconnects: that ends nothing but itself.
    #expect(await gone.value == nil)
    gone.cancel()
    let cancelled = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return await sandboxes.next(id)
    }
    #expect(await cancelled.value == nil)
    async let second = sandboxes.invoke("f", [], id: "two")
    #expect(await newer.value?.id == "two")
    #expect(sandboxes.finish(id, "two", InvocationResult(payload: [])))
    _ = await second
    await sandboxes.stop()
  }

  @Test("An end answers all that wait: events, and those who ask for them", .timeLimit(.minutes(5)))
  func ends() async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts)
    sandboxes.register(
      .init(name: "f", executable: try scripts.add("f", Self.idle), environment: [:], maximumConcurrency: 1))
    async let running = sandboxes.invoke("f", [], id: "one")
    let id = try await Self.started(scripts.folder, count: 1)[0]
    _ = await sandboxes.next(id)
    async let waiting = sandboxes.invoke("f", [], id: "two")
    let process = try #require(sandboxes.processIDs(of: "f").first)
    await sandboxes.stop()
    #expect(await [running, waiting] == [.stopped, .stopped])
    #expect(await sandboxes.next(id) == nil)
    #expect(await sandboxes.invoke("f", []) == .stopped)
    #expect(Self.isGone("\(process)"))
  }

  /// How a function comes to its end.
  enum Ending: CaseIterable {
    case exit, timeout, memory, stop

    /// What it does once it has started others.
    var script: String {
      switch self {
      case .exit: "exit 3"
      case .timeout, .stop: "exec sleep 1000"
      case .memory: greedy
      }
    }

    var outcome: InvocationOutcome {
      switch self {
      case .exit:
        .failure("Runtime.ExitError", "RequestId: one Error: Runtime exited with error: exit status 3")
      case .timeout: .failure("Sandbox.Timedout", "RequestId: one Error: Task timed out after 1.00 seconds")
      case .memory: .failure("Runtime.ExitError", "RequestId: one Error: Runtime exited with error: signal: killed")
      case .stop: .stopped
      }
    }
  }

  @Test(
    "What a function started ends with it, however that ends, and it has no descriptor of ours",
    .timeLimit(.minutes(5)), arguments: Ending.allCases)
  func groups(ending: Ending) async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts, memory: ending == .memory)
    let script = #"""
      cd "$(dirname "$0")"
      (sleep 1000 & echo $! > grandchild) &
      ls /proc/$$/fd > descriptors
      while [ ! -s grandchild ]; do sleep 0.02; done
      echo "$AWS_LAMBDA_RUNTIME_API" > sandboxes
      """#
    sandboxes.register(
      .init(
        name: "f", executable: try scripts.add("f", script + "\n" + ending.script), environment: [:],
        timeout: ending == .timeout ? 1 : 900, memory: 128))
    async let result = sandboxes.invoke("f", [], id: "one")
    let id = try await Self.started(scripts.folder, count: 1)[0]
    switch ending {
    case .exit, .memory: break
    case .timeout: #expect(await sandboxes.next(id)?.id == "one")
    case .stop: await sandboxes.stop()
    }
    #expect(await result == ending.outcome)
    #expect(try await eventually { Self.isGone(scripts.text("grandchild")) })
    // A shell keeps its own from 10 on; ours would be among those below.
    #expect(scripts.text("descriptors").split(separator: "\n").filter { $0.count == 1 } == ["0", "1", "2"])
    if ending != .stop { await sandboxes.stop() }
  }

  @Test(
    "A process that ends says how, in Lambda's words",
    arguments: [
      ("exit 0", "Runtime exited without providing a reason"),
      ("exit 7", "Runtime exited with error: exit status 7"),
      ("kill -SEGV $$", "Runtime exited with error: signal: segmentation fault"),
      ("kill -TERM $$", "Runtime exited with error: signal: terminated"),
    ])
  func statuses(script: String, words: String) async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: try scripts.add("f", script), environment: [:]))
    #expect(
      await sandboxes.invoke("f", [], id: "i") == .failure("Runtime.ExitError", "RequestId: i Error: \(words)"))
    await sandboxes.stop()
  }

  @Test("What a process starts counts as its memory, and more than MemorySize ends it") func memory() async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts, logs: true, memory: true)
    sandboxes.register(
      .init(name: "f", executable: try scripts.add("f", Self.greedy), environment: [:], timeout: 900, memory: 128))
    #expect(
      await sandboxes.invoke("f", [], id: "i")
        == .failure("Runtime.ExitError", "RequestId: i Error: Runtime exited with error: signal: killed"))
    #expect(
      try await eventually {
        scripts.text("f.log").contains(
          "Memory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.OutOfMemory")
      })
    await sandboxes.stop()
  }

  @Test("A start that finds no descriptor left is an error") func noDescriptors() async {
    await #expect(processExitsWith: .success) {
      var limit = rlimit(rlim_cur: 64, rlim_max: 64)
      guard unsafe setrlimit(numericCast(RLIMIT_NOFILE.rawValue), &limit) == 0 else { exit(2) }
      // Another thread of this process may close one meanwhile: then once more.
      for _ in 0..<100 {
        while unsafe open("/dev/null", O_RDONLY) >= 0 {}
        do throws(FunctionProcess.StartFailure) {
          let process = try FunctionProcess(
            executable: "/bin/true", environment: [:], log: nil
          ) { _ in }
          process.finish()
        } catch {
          exit(error.isEntrypoint ? 4 : 0)
        }
      }
      exit(3)
    }
  }

  @Test("A program that cannot be started is told, and the others that wait with it") func missing() async throws {
    let scripts = try Scripts()
    let sandboxes = try Self.sandboxes(scripts)
    sandboxes.register(.init(name: "f", executable: "/nowhere/f", environment: [:], maximumConcurrency: 2))
    await withTaskGroup(of: InvocationOutcome.self) { group in
      for _ in 0..<5 { group.addTask { await sandboxes.invoke("f", []) } }
      for await result in group {
        #expect(result == .failure("Runtime.InvalidEntrypoint", "/nowhere/f: No such file or directory"))
      }
    }
    await sandboxes.stop()
  }

  @Test("No more wait than may, neither in number nor in bytes") func bounds() async {
    for (size, limit) in [(0, PendingInvocations.countLimit), (30 << 20, 2)] {
      var pending = PendingInvocations()
      var waiting: [Task<InvocationOutcome, Never>] = []
      var taken = 0
      for number in 0...limit {
        let (made, make) = AsyncStream<Invocation>.makeStream()
        let payload = [UInt8](repeating: 0, count: size)
        waiting.append(
          Task {
            await withCheckedContinuation { make.yield(.init(id: "\(number)", payload: payload, continuation: $0)) }
          })
        for await invocation in made {
          if pending.append(invocation) {
            taken += 1
          } else {
            invocation.continuation.resume(returning: .throttled(onPurpose: false))
          }
          break
        }
      }
      #expect(taken == limit && pending.count == limit)
      #expect(await waiting.last?.value == .throttled(onPurpose: false))
      var order: [String] = []
      while let first = pending.popFirst() {
        order.append(first.id)
        first.continuation.resume(returning: .stopped)
      }
      #expect(order == (0..<limit).map { "\($0)" })
    }
  }

  @Test(
    "A process's group and size are read whatever its name is",
    arguments: [
      ("1 (a) S 2 77 3 0 -1 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18", nil),
      ("1 (a) S 2 77 3 0 -1 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22", 19),
      ("1 (a) R) 5 (b) S 2 77 3 0 -1 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22", 19), ("", nil), (")", nil),
    ] as [(String, Int?)])
  func stat(text: String, pages: Int?) {
    let found = GroupMemory.parse(Array(text.utf8)[...])
    #expect(found?.group == pages.map { _ in 77 })
    #expect(found?.resident == pages.map { $0 * Int(sysconf(Int32(_SC_PAGESIZE))) })
  }
}
