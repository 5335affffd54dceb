import AWSClients
import CacheSupport
import CommandLineSupport
import Glibc
import HTTPTransport
import TimeSeriesCache

/// Reads a merged series, as a program of your own would.
func readSeries(_ name: String) async throws {
  let client = try AWSClient(environment: .process(), http: CurlClient())
  let reader = try SeriesReader(environment: .process(), client: client)

  let now = WallClock.system.now
  guard let range = TimeRange(from: now - 3_600_000, to: now + 3_600_000) else { return }
  for try await row in reader.rows(of: Series(try Identifier(name)), in: range) {
    print(row.time, row.origin, row.measures.map { "\($0.name)=\($0.value)" })
  }
}

let usage = """
  Usage: read-series [IDENTIFIER]

  Prints an hour of a merged series before now and an hour after; of 'greenwich' without IDENTIFIER.
  AWS_REGION, TS_DB_NAME, TS_TABLE_NAME and FUTURE_TABLE say where it is.
  """
let words = Array(CommandLine.arguments.dropFirst())
do {
  if Arguments.isHelp(words) {
    Output.line(usage)
  } else {
    let names = try Arguments(words, options: [], usage: usage).positional(atMost: 1)
    try await readSeries(names.first ?? "greenwich")
  }
  Output.end(isGood: fflush(nil) == 0)
} catch {
  Output.errorLine("\(error)")
  Output.end(isGood: false)
}
