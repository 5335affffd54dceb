import AWSClients
import CacheSupport
import CommandLineSupport
import Glibc
import HTTPTransport
import TimeSeriesCache

/// Reads a merged series, as a program of your own would.
func readSeries(_ series: Series) async throws {
  let client = try AWSClient(environment: .process(), http: CurlClient())
  let reader = try SeriesReader(environment: .process(), client: client)

  let now = WallClock.system.now
  guard let range = TimeRange(from: now - 3_600_000, to: now + 3_600_000) else { return }
  for try await row in reader.rows(of: series, in: range) {
    print(row.time, row.origin, row.measures.map { "\($0.name)=\($0.value)" })
  }
}

/// A series that a source knows, or one that somebody writes: the history keeps that one by its tags.
func series(_ name: String, isWritten: Bool) throws -> Series {
  guard isWritten else { return Series(try Identifier(name)) }
  guard let key = SeriesKey(name) else { throw NotAKey(name: name) }
  return try Series(key)
}

struct NotAKey: Error, CustomStringConvertible {
  var name: String
  var description: String {
    "'\(name)' is no written series: give measurement and tags as line protocol has them, tags in order: room,house=a"
  }
}

let written = Arguments.Option("written", "the series is one that somebody writes: room,house=a")
let usage = Arguments.help(
  [written],
  """
  Usage: read-series [--written] [IDENTIFIER]

  Prints an hour of a merged series before now and an hour after; of 'greenwich' without IDENTIFIER.
  AWS_REGION, HISTORY_STORE and those of the store (TS_DB_NAME and TS_TABLE_NAME for timestream), FUTURE_TABLE and
  FORECAST_LAYOUT say where it is.

  Examples:
    read-series greenwich
    read-series --written room,name=kitchen
  """)
let words = Array(CommandLine.arguments.dropFirst())
do {
  if let text = Arguments.told(words, help: usage) {
    Output.line(text)
  } else {
    let arguments = try Arguments(words, options: [written], usage: usage)
    let name = try arguments.positional(atMost: 1).first ?? "greenwich"
    try await readSeries(series(name, isWritten: arguments.has(written.name)))
  }
  Output.end(isGood: fflush(nil) == 0)
} catch {
  Output.errorLine("\(error)")
  Output.end(isGood: false)
}
