import CacheSupport
import CommandLineSupport
import HTTPTransport
import LambdaRuntime
import TimeSeriesCache

/// The fetch function's work on this machine, against whatever cloud the environment names.
@main struct LocalFetch {
  static let usage = """
    Usage: local-fetch [--check] [--source FILE] IDENTIFIER…

    Fetches each identifier from its source and writes it to the stores that the environment names, as it does for the
    fetch function (HISTORY_STORE, FUTURE_TABLE and so on: docs/configuration.md); prints what was stored, and what was
    not. The exit status is 1 where anything failed.

    Examples:
      local-fetch greenwich
      local-fetch --check --source sources.json greenwich
    """

  static let options: [Arguments.Option] = [
    .init("check", "ask the source, store nothing, and print what it gave and what was never found in it"),
    .init("source", value: "FILE", "descriptions of sources as SOURCES holds them, in place of SOURCES"),
  ]

  static func main() async {
    await Program.run(options: options, usage: usage) { arguments, _ in try await run(arguments) }
  }

  /// - Returns: false where anything failed.
  static func run(_ arguments: Arguments) async throws -> Bool {
    guard !arguments.positional.isEmpty else {
      throw Arguments.Failure(description: "name an identifier: local-fetch greenwich")
    }
    let identifiers = try arguments.positional.map { try Identifier($0) }
    var environment = ProcessEnvironment.process()
    if let file = arguments["source"] {
      environment = environment.merging(["SOURCES": try TextFile.read(file)])
    }
    let http = CurlClient(environment: environment)
    var isGood = true
    if arguments.has("check") {
      let sources = try SourceCheck.finder(environment, http)
      for identifier in identifiers {
        let isWell = await SourceCheck.run(identifier, sources)
        isGood = isGood && isWell
      }
    } else {
      let handler = try FetchHandler(environment: environment, http: http, logger: LocalRun.logger(environment))
      for identifier in identifiers {
        let report = await handler.fetch(identifier)
        await handler.keepStatus(report, of: identifier, LocalRun.logger(environment))
        Output.line(FetchSummary.text(of: report, identifier))
        isGood = isGood && FetchSummary.isGood(report)
      }
    }
    return isGood
  }
}
