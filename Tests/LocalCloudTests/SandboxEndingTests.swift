import CacheSupport
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LocalCloud

/// Which processes end, and what becomes of the events meanwhile.
@Suite struct SandboxEndingTests {
  /// Notes the sandbox by its function's name, and waits.
  static let named =
    #"echo "$AWS_LAMBDA_RUNTIME_API" >> "$(dirname "$0")/$AWS_LAMBDA_FUNCTION_NAME.started"; exec sleep 1000"#

  /// The sandbox that a function's process has noted as its `count`th.
  static func started(_ function: String, _ folder: URL, count: Int = 1) async throws -> String {
    func ids() -> [String] {
      let text = try? String(contentsOf: folder.appending(path: "\(function).started"), encoding: .utf8)
      return (text ?? "").split(separator: "\n").map { String($0.split(separator: "/").last ?? "") }
    }
    try #require(try await eventually { ids().count >= count })
    return ids()[count - 1]
  }

  static func answer(_ text: String) -> InvocationResult { InvocationResult(payload: Array(text.utf8)) }

  @Test("A sandbox whose end is decided gets no event before it has ended", .timeLimit(.minutes(5)))
  func doomed() async throws {
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    let file = try scripts.add("f", Self.named)
    sandboxes.register(.init(name: "f", executable: file, environment: [:], maximumConcurrency: 1))
    async let first = sandboxes.invoke("f", [], id: "one")
    let id = try await Self.started("f", scripts.folder)
    #expect(await sandboxes.next(id)?.id == "one")
    #expect(sandboxes.finish(id, "one", Self.answer("1")))
    #expect(await first == .finished(Self.answer("1")))
    // It waits for an event when its end is decided; the process is still there, for the end is not carried out.
    let waiting = Task { await sandboxes.next(id) }
    #expect(try await eventually { sandboxes.isWaiting(id) })
    let ending = try #require(sandboxes.pool.withLock { $0.end(id) })
    #expect(sandboxes.pool.withLock { $0.end(id) } == nil)
    async let second = sandboxes.invoke("f", [], id: "two")
    #expect(try await eventually { sandboxes.pool.withLock { $0.pending["f"]?.count == 1 } })
    // Nor does it get one where it asks now.
    #expect(await sandboxes.next(id) == nil)
    ending.carryOut()
    #expect(await waiting.value == nil)
    let other = try await Self.started("f", scripts.folder, count: 2)
    #expect(await sandboxes.next(other)?.id == "two")
    #expect(sandboxes.finish(other, "two", Self.answer("2")))
    #expect(await second == .finished(Self.answer("2")))
    await sandboxes.stop()
  }

  @Test(
    "A process that has answered and asks no more, or whose next is gone, ends, and another has its place",
    .timeLimit(.minutes(5)), arguments: [false, true])
  func silent(asks: Bool) async throws {
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    let file = try scripts.add("f", Self.named)
    sandboxes.register(.init(name: "f", executable: file, environment: [:], timeout: 1, maximumConcurrency: 1))
    async let first = sandboxes.invoke("f", [], id: "one")
    let id = try await Self.started("f", scripts.folder)
    #expect(await sandboxes.next(id)?.id == "one")
    // On a slow machine its second is over before that; then it ends all the more.
    _ = sandboxes.finish(id, "one", Self.answer("1"))
    _ = await first
    if asks {
      let gone = Task { await sandboxes.next(id) }
      #expect(
        try await eventually {
          sandboxes.pool.withLock { $0.sandboxes[id]?.next != nil || $0.sandboxes[id]?.isEnding != false }
        })
      gone.cancel()
      #expect(await gone.value == nil)
    }
    async let second = sandboxes.invoke("f", [], id: "two")
    let other = try await Self.started("f", scripts.folder, count: 2)
    #expect(other != id)
    #expect(await sandboxes.next(other)?.id == "two")
    _ = sandboxes.finish(other, "two", Self.answer("2"))
    _ = await second
    await sandboxes.stop()
  }

  @Test("All functions share the processes that there may be: an idle one gives way", .timeLimit(.minutes(5)))
  func room() async throws {
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts, processLimit: 1)
    let file = try scripts.add("f", Self.named)
    for name in ["a", "b"] { sandboxes.register(.init(name: name, executable: file, environment: [:])) }
    async let first = sandboxes.invoke("a", [], id: "one")
    let a = try await Self.started("a", scripts.folder)
    #expect(await sandboxes.next(a)?.id == "one")
    async let second = sandboxes.invoke("b", [], id: "two")
    #expect(try await eventually { sandboxes.pool.withLock { $0.starved } == ["b"] })
    #expect(sandboxes.processIDs(of: "b") == [])
    #expect(sandboxes.finish(a, "one", Self.answer("1")))
    #expect(await first == .finished(Self.answer("1")))
    // It would wait for the next event.
    #expect(await sandboxes.next(a) == nil)
    let b = try await Self.started("b", scripts.folder)
    #expect(sandboxes.processIDs(of: "a") == [])
    #expect(await sandboxes.next(b)?.id == "two")
    #expect(sandboxes.finish(b, "two", Self.answer("2")))
    #expect(await second == .finished(Self.answer("2")))
    #expect(sandboxes.pool.withLock { $0.starved } == [])
    await sandboxes.stop()
  }

  @Test("A function that has events without end leaves another a process", .timeLimit(.minutes(5)))
  func fairness() async throws {
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts, processLimit: 2)
    let file = try scripts.add("f", Self.named)
    for name in ["a", "b"] { sandboxes.register(.init(name: name, executable: file, environment: [:])) }
    let events = (0..<6).map { number in Task { await sandboxes.invoke("a", [], id: "\(number)") } }
    let busy = [
      try await Self.started("a", scripts.folder), try await Self.started("a", scripts.folder, count: 2),
    ]
    var running = [try #require(await sandboxes.next(busy[0])), try #require(await sandboxes.next(busy[1]))]
    async let other = sandboxes.invoke("b", [], id: "b")
    #expect(try await eventually { sandboxes.pool.withLock { $0.starved.contains("b") } })
    #expect(sandboxes.finish(busy[0], running[0].id, Self.answer("a")))
    // Although four events of its own function wait.
    #expect(await sandboxes.next(busy[0]) == nil)
    let b = try await Self.started("b", scripts.folder)
    #expect(await sandboxes.next(b)?.id == "b")
    #expect(sandboxes.finish(b, "b", Self.answer("b")))
    #expect(await other == .finished(Self.answer("b")))
    // The last process of a function goes on with its events.
    for _ in 0..<4 {
      #expect(sandboxes.finish(busy[1], running[1].id, Self.answer("a")))
      running[1] = try #require(await sandboxes.next(busy[1]))
    }
    #expect(sandboxes.finish(busy[1], running[1].id, Self.answer("a")))
    for event in events { #expect(await event.value == .finished(Self.answer("a"))) }
    await sandboxes.stop()
  }

  @Test("A program that is not there leaves its place to the function that waits for it", .timeLimit(.minutes(5)))
  func failedStart() async throws {
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts, processLimit: 1)
    sandboxes.register(.init(name: "b", executable: try scripts.add("f", Self.named), environment: [:]))
    sandboxes.register(.init(name: "missing", executable: "/nowhere/f", environment: [:]))
    // The place is taken while the other asks.
    sandboxes.pool.withLock { $0.sandboxes["taken"] = SandboxPool.Sandbox(function: "missing") }
    async let waits = sandboxes.invoke("b", [], id: "b")
    #expect(try await eventually { sandboxes.pool.withLock { $0.starved } == ["b"] })
    #expect(sandboxes.start("taken", "missing"))
    let b = try await Self.started("b", scripts.folder)
    _ = await sandboxes.next(b)
    #expect(sandboxes.finish(b, "b", Self.answer("b")))
    #expect(await waits == .finished(Self.answer("b")))
    await sandboxes.stop()
  }

  @Test(
    "Processes are as many as the functions' port has connections for, less an eighth",
    arguments: [(128, 18), (1024, 56), (65_536, 448)])
  func limits(descriptors: Int, processes: Int) {
    #expect(LambdaService.processLimit(descriptors: descriptors) == processes)
    #expect(processes < ServerLimits.functions(descriptors: descriptors).connections)
    let functions = [(1, "few"), (processes, "all"), (processes + 1, "more")].map { count, name in
      FunctionDescription(name: name, executable: "", environment: [:], maximumConcurrency: count)
    }
    #expect(
      LambdaService.bounded(functions, by: processes) == [
        "more has at most \(processes) processes, not \(processes + 1), for all functions together may have no more "
          + "here: raise the hard limit of open files (ulimit -Hn)"
      ])
  }

  @Test(
    "A function that begins anew ends its idle processes at once, and those with an event after it",
    .timeLimit(.minutes(5)))
  func restarts() async throws {
    let scripts = try SandboxTests.Scripts()
    let sandboxes = try SandboxTests.sandboxes(scripts)
    let file = try scripts.add("f", Self.named)
    sandboxes.register(.init(name: "f", executable: file, environment: [:], maximumConcurrency: 2))
    sandboxes.register(.init(name: "g", executable: file, environment: [:]))
    #expect(sandboxes.restart("f") == (0, 0))
    async let first = sandboxes.invoke("f", [], id: "one")
    let busy = try await Self.started("f", scripts.folder)
    #expect(await sandboxes.next(busy)?.id == "one")
    async let second = sandboxes.invoke("f", [], id: "two")
    let idle = try await Self.started("f", scripts.folder, count: 2)
    #expect(await sandboxes.next(idle)?.id == "two")
    #expect(sandboxes.finish(idle, "two", Self.answer("2")))
    #expect(await second == .finished(Self.answer("2")))
    let waiting = Task { await sandboxes.next(idle) }
    #expect(try await eventually { sandboxes.isWaiting(idle) })
    async let other = sandboxes.invoke("g", [], id: "other")
    let untouched = try await Self.started("g", scripts.folder)
    #expect(await sandboxes.next(untouched)?.id == "other")
    #expect(sandboxes.restart("f") == (1, 1))
    #expect(await waiting.value == nil)
    // The one with an event does it to its end.
    #expect(sandboxes.finish(busy, "one", Self.answer("1")))
    #expect(await first == .finished(Self.answer("1")))
    #expect(await sandboxes.next(busy) == nil)
    #expect(try await eventually { sandboxes.processIDs(of: "f") == [] })
    async let third = sandboxes.invoke("f", [], id: "three")
    let new = try await Self.started("f", scripts.folder, count: 3)
    #expect(await sandboxes.next(new)?.id == "three")
    #expect(sandboxes.finish(new, "three", Self.answer("3")))
    #expect(await third == .finished(Self.answer("3")))
    #expect(sandboxes.finish(untouched, "other", Self.answer("4")))
    #expect(await other == .finished(Self.answer("4")))
    await sandboxes.stop()
  }
}
