import CacheSupport
import CommandLineSupport
import HTTPTransport
import LambdaRuntime
import TimeSeriesCache

/// The fetch function's work on this machine, against whatever cloud the environment names.
@main struct LocalFetch {
  static let usage = """
    Usage: local-fetch [--check [--attribute NAME=VALUE]…] [--source FILE] IDENTIFIER…

    Fetches each identifier from its source and writes it to the stores that the environment names, as it does for the
    fetch function (HISTORY_STORE, FUTURE_TABLE and so on: docs/configuration.md); prints what was stored, and what was
    not. The exit status is 1 where anything failed. SOURCE_KEY, where it is set, counts before API_KEY_SSM_ID here.

    Examples:
      local-fetch greenwich
      local-fetch --check --source sources.json greenwich
      local-fetch --check --source sources.json --attribute lat=44.43 --attribute lon=26.10 bucharest
    """

  static let options: [Arguments.Option] = [
    .init("check", "ask the source, store nothing, and print what it gave and what was never found in it"),
    .init(
      "attribute", value: "NAME=VALUE",
      "with --check, an attribute in place of the one that the identifier's item has; may come several times"),
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
    let attributes = try SourceCheck.attributes(arguments)
    guard arguments.has("check") || attributes.isEmpty else {
      throw Arguments.Failure(
        description: "--attribute goes with --check: a fetch takes those of the identifier's item")
    }
    let environment = try environment(arguments)
    let http = CurlClient(environment: environment)
    var isGood = true
    if arguments.has("check") {
      let sources = try SourceCheck.finder(environment, http)
      for identifier in identifiers {
        let isWell = await SourceCheck.run(identifier, with: attributes, sources)
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

  /// The process's variables, and what the command line has in their place.
  private static func environment(_ arguments: Arguments) throws -> ProcessEnvironment {
    var environment = ProcessEnvironment.process()
    // A shell that `local-cloud env` was read into names a parameter, too; who gives a key by hand means that key.
    if environment["SOURCE_KEY"] != nil { environment = environment.merging(["API_KEY_SSM_ID": ""]) }
    guard let file = arguments["source"] else { return environment }
    let text = try TextFile.read(file)
    do throws(JSONError) { _ = try JSON(parsing: text) } catch {
      throw Arguments.Failure(description: "\(file), \(error.place(in: text)): \(error.reason)")
    }
    return environment.merging(["SOURCES": text])
  }
}
