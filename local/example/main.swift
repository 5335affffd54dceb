import AWSClients
import CacheSupport
import HTTPTransport
import TimeSeriesCache

// Reads a merged series from a program of your own: AWS_REGION, TS_DB_NAME, TS_TABLE_NAME, FUTURE_TABLE say where.
let environment = ProcessEnvironment.process()
let client = try AWSClient(environment: environment, http: CurlClient())
let reader = try SeriesReader(environment: environment, client: client)

let now = WallClock.system.now
if let range = TimeRange(from: now - 3_600_000, to: now + 3_600_000) {
  let identifier = try Identifier(CommandLine.arguments.dropFirst().first ?? "greenwich")
  for try await row in reader.rows(of: identifier, in: range) {
    print(row.time, row.origin, row.measures.map { "\($0.name)=\($0.value)" })
  }
}
