import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import CommandLineSupport

@Suite struct LocalRunTests {
  /// Answers with its event, after a log line; fails where the event is `fail`.
  struct Echo: LambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
      if event == Array("fail".utf8) { throw LocalRun.Failure(description: "as it was asked to") }
      context.logger.info("handled", ["late": .bool(context.deadline < WallClock.system.now)])
      return event
    }
  }

  static func outcome(_ words: [String], _ environment: ProcessEnvironment = [:], log: Recorder<JSON> = Recorder())
    async
    -> LocalRun.Report
  {
    let logger = LambdaLogger { log.append((try? JSON(parsing: $0)) ?? .null) }
    return await LocalRun.outcome(of: words, environment, logger, usage: "Usage: echo") { environment, _, words in
      let event = try environment.require("EVENT", "what comes back")
      return (Echo(), Array((words.first ?? event).utf8))
    }
  }

  @Test("The answer is the output, and the log is elsewhere") func answer() async {
    let log = Recorder<JSON>()
    #expect(await Self.outcome([], ["EVENT": "x"], log: log) == LocalRun.Report(output: Array("x".utf8)))
    #expect(log.elements.map { $0["message"] } == ["handled"])
    #expect(log.elements.map { $0["late"] } == [false])
  }

  @Test("Help needs no variable", arguments: ["--help", "-h"]) func help(word: String) async {
    #expect(await Self.outcome([word]) == LocalRun.Report(output: Array("Usage: echo".utf8)))
  }

  @Test("What is missing, and what fails, is told, and the status is 1") func failures() async {
    let missing = await Self.outcome([])
    #expect(missing.isFailure && missing.output.isEmpty)
    #expect(
      String(decoding: missing.notes, as: UTF8.self) == "the environment variable EVENT is not set: what comes back")
    let failed = await Self.outcome(["fail"], ["EVENT": "x"])
    #expect(failed == LocalRun.Report(notes: Array("as it was asked to".utf8), isFailure: true))
  }

  @Test(
    "An answer that asks for a message once more is a failure",
    arguments: [
      (#"{"batchItemFailures":[]}"#, false), (#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#, true), ("{}", false),
      ("no JSON", false),
    ])
  func again(answer: String, isFailure: Bool) async {
    #expect(
      await Self.outcome([answer], ["EVENT": "x"])
        == LocalRun.Report(output: Array(answer.utf8), isFailure: isFailure))
  }

  @Test(
    "A text is printed with one line break at its end",
    arguments: [("a", "a"), ("a\n", "a"), ("a\n\n", "a\n"), ("", nil)])
  func lines(bytes: String, text: String?) { #expect(LocalRun.lines(Array(bytes.utf8)) == text) }
}
