import CacheSupport
import CommandLineSupport
import Foundation
import TestSupport
import Testing

/// Every program of this package tells how it is used and which version it is, wherever it is started.
@Suite(.timeLimit(.minutes(10))) struct HelpTests {
  /// The executables that the manifest names, but for the functions, which are no programs to type.
  static func programs() throws -> [String] { try executables().filter { !$0.hasSuffix("Function") } }

  static func executables() throws -> [String] {
    let manifest = try String(contentsOf: SharedData.package.appending(path: "Package.swift"), encoding: .utf8)
    return manifest.matches(of: /\.executableTarget\(\s*name: "([^"]+)"/).map { String($0.1) }
  }

  /// What a program prints, which has no variable and no folder of its own.
  static func run(_ program: String, _ words: [String]) throws -> (output: String, errors: String, isGood: Bool) {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: program)
    process.arguments = words
    process.environment = [:]
    process.currentDirectoryURL = URL(filePath: "/")
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let complaints = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    process.waitUntilExit()
    return (text, complaints, process.terminationReason == .exit && process.terminationStatus == 0)
  }

  @Test("The manifest's programs are found") func found() throws {
    #expect(
      Set(try Self.programs()).isSuperset(of: [
        "local-cloud", "local-queue", "local-fetch", "local-api", "local-generate", "local-query", "local-move",
        "read-series",
        "hydration",
      ]))
  }

  @Test("Help needs no region and no other variable", arguments: try programs(), ["--help", "-h"])
  func help(program: String, word: String) throws {
    let done = try Self.run(program, [word])
    #expect(done.output.hasPrefix("Usage: \(program)") && done.errors == "" && done.isGood)
    try checkExamples(of: program, in: done.output)
  }

  @Test("Each command of the local cloud has help, too", arguments: ["plan", "env", "status", "logs", "redrive"])
  func commands(command: String) throws {
    let done = try Self.run("local-cloud", [command, "--help"])
    #expect(done.output.hasPrefix("Usage: local-cloud \(command)") && done.errors == "" && done.isGood)
    try checkExamples(of: "local-cloud \(command)", in: done.output)
  }

  /// The examples call the program, with options that the help lists.
  private func checkExamples(of program: String, in help: String) throws {
    let parts = help.split(separator: /\n *Examples?:\n/)
    try #require(parts.count == 2, "\(program) has no examples")
    let examples = parts[1].split(separator: "\n\n")[0].split(separator: "\n").map(String.init)
    let known = Set(help.matches(of: /\n  --([a-z-]+)/).map { String($0.1) })
    #expect(!examples.isEmpty)
    for example in examples {
      // Those of the local cloud's commands have help of their own.
      #expect(example.contains(program) || program == "local-cloud" && example.contains("local-cloud"))
      for option in example.matches(of: /\s--([a-z-]+)/).map({ String($0.1) }) {
        #expect(known.contains(option) || program == "local-cloud" && example.contains("logs"), "\(example)")
      }
    }
  }

  @Test("A function says in two lines where it runs", arguments: try executables().filter { $0.hasSuffix("Function") })
  func function(name: String) throws {
    let done = try Self.run(name, ["--help"])
    let lines = done.output.split(separator: "\n")
    #expect(lines.count == 2 && lines[0] == "Usage: \(name)" && done.errors == "" && done.isGood)
    #expect(lines[1].hasPrefix("It runs on Lambda or under the local cloud"))
    // Any other word is none of its business.
    let other = try Self.run(name, ["--verison"])
    #expect(other.output.contains("AWS_LAMBDA_RUNTIME_API is not set") && !other.isGood)
  }

  @Test("Every program and function tells the version", arguments: try executables()) func version(program: String)
    throws
  {
    let done = try Self.run(program, ["--version"])
    #expect(done.output == "\(program) \(Version.text)\n" && done.errors == "" && done.isGood)
  }

  @Test("The README has the version, and it is one") func readme() throws {
    let readme = try String(contentsOf: SharedData.package.appending(path: "README.md"), encoding: .utf8)
    #expect(readme.contains("version \(Version.text)"))
    #expect(try /[0-9]+\.[0-9]+\.[0-9]+/.wholeMatch(in: Version.text) != nil)
  }
}
