import Foundation
import TestSupport
import Testing

/// Every program of this package tells how it is used, wherever it is started.
@Suite(.timeLimit(.minutes(10))) struct HelpTests {
  /// The executables that the manifest names; functions are started by Lambda, which asks for no help.
  static func programs() throws -> [String] {
    let manifest = try String(contentsOf: SharedData.package.appending(path: "Package.swift"), encoding: .utf8)
    return manifest.matches(of: /\.executableTarget\(\s*name: "([^"]+)"/).map { String($0.1) }
      .filter { !$0.hasSuffix("Function") }
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
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
      .appending(path: program)
    process.arguments = [word]
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
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(text.hasPrefix("Usage: \(program)"))
    #expect(complaints == "")
  }
}
