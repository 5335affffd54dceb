import AWSClients
import CacheSupport
import CommandLineSupport
import Foundation
import HTTPTransport

// Writes to a Timestream over its wire and asks it what dashboards ask. The address comes from the environment, so that the same
// requests go to this project's and to another's.

let usage = """
  Usage: benchmark-timestream write ROWS SERIES
         benchmark-timestream query

  Writes rows to the Timestream of AWS_ENDPOINT_URL, or asks it what dashboards ask, and prints how long that takes.

  Examples:
    AWS_ENDPOINT_URL=http://127.0.0.1:4566 benchmark-timestream write 100000 100
    AWS_ENDPOINT_URL=http://127.0.0.1:4566 benchmark-timestream query
  """
let table = (database: "Bench", name: "rows")
let connections = 8

/// 100 multi-measure records per request: `series` series, each at equal steps over the last seven days.
func write(_ client: AWSClient, rows: Int, series: Int) async throws {
  let now = WallClock.system.now
  let perSeries = rows / series
  let step = 7 * 86_400_000 / Int64(max(1, perSeries))
  let batches = (0..<series).flatMap { number in
    stride(from: 0, to: perSeries, by: 100).map { (number, $0, min(perSeries, $0 + 100)) }
  }
  // The requests are made before the clock runs: what is measured is the service.
  var taken: Duration = .zero
  var progress = Progress("Rows", total: rows)
  var done = 0
  for chunk in stride(from: 0, to: batches.count, by: 800) {
    let part = Array(batches[chunk..<min(batches.count, chunk + 800)])
    let bodies = part.map { batch in
      let records = (batch.1..<batch.2).map { place -> JSON in
        [
          "Dimensions": [
            ["Name": "host", "Value": .string("host-\(batch.0)")],
            ["Name": "region", "Value": .string("r\(batch.0 % 10)")],
          ],
          "MeasureName": "metrics", "MeasureValueType": "MULTI",
          "MeasureValues": [
            [
              "Name": "cpu", "Type": "DOUBLE",
              "Value": .string(String(Double((place * 7919 + batch.0 * 31) % 10_000) / 100)),
            ], ["Name": "requests", "Type": "BIGINT", "Value": .string(String(place % 1000))],
          ],
          "Time": .string(String(now - Int64(perSeries - place) * step)),
        ]
      }
      return
        (["DatabaseName": .string(table.database), "TableName": .string(table.name), "Records": .array(records)] as JSON)
        .bytes
    }
    let start = ContinuousClock.now
    _ = try await mapConcurrently(bodies, limit: connections) { body in
      _ = try await client.callRaw(.timestreamWrite, "WriteRecords", body)
    }
    taken += ContinuousClock.now - start
    done += part.reduce(0) { $0 + $1.2 - $1.1 }
    progress.update(done)
  }
  progress.finish(done)
  let seconds = taken / .seconds(1)
  Output.line("wrote \(done) rows in \(String(format: "%.1f", seconds)) s: \(Int(Double(done) / seconds)) rows/s")
}

/// What dashboards ask, each the best of three.
func query(_ client: AWSClient) async throws {
  let reader = TimestreamQueryClient(client)
  let name = "\"\(table.database)\".\"\(table.name)\""
  let queries = [
    (
      "last hour of one series",
      "SELECT time, cpu FROM \(name) WHERE host = 'host-7' AND time >= ago(1h) ORDER BY time DESC"
    ),
    (
      "10-minute averages of a day of one series",
      "SELECT bin(time, 10m), avg(cpu), max(requests) FROM \(name) WHERE host = 'host-7' AND time >= ago(1d) GROUP BY bin(time, 10m) ORDER BY 1"
    ),
    (
      "latest value of each series within an hour",
      "SELECT host, max_by(cpu, time) FROM \(name) WHERE time >= ago(1h) GROUP BY host"
    ),
    (
      "top 3 by average within an hour",
      "SELECT host, avg(cpu) FROM \(name) WHERE time >= ago(1h) GROUP BY host ORDER BY 2 DESC LIMIT 3"
    ),
    (
      "z-scores of one series over 7 days",
      "WITH s AS (SELECT avg(cpu) AS m, stddev(cpu) AS d FROM \(name) WHERE host = 'host-7') SELECT time, (cpu - m) / d AS z FROM \(name), s WHERE host = 'host-7' AND abs((cpu - m) / d) > 1.7 ORDER BY z DESC"
    ),
  ]
  for (what, sql) in queries {
    var best = Double.infinity
    var rows = 0
    for _ in 0..<3 {
      let start = ContinuousClock.now
      rows = try await reader.rows(sql).rows.count
      best = min(best, (ContinuousClock.now - start) / .milliseconds(1))
    }
    Output.line(
      "\(what.padding(toLength: 46, withPad: " ", startingAt: 0))\(String(format: "%8.1f", best)) ms  \(rows) rows")
  }
}

let words = Array(CommandLine.arguments.dropFirst())
Program.tell(words, help: Arguments.help([], usage))
do {
  let environment = ProcessEnvironment.process()
  let client = try AWSClient(environment: environment, http: CurlClient(environment: environment))
  switch (words.first, words.dropFirst().compactMap { Int($0) }) {
  case ("write", let numbers) where numbers.count == 2:
    try await write(client, rows: numbers[0], series: numbers[1])
  case ("query", _): try await query(client)
  default: throw Arguments.Failure(description: usage)
  }
} catch {
  Output.errorLine("benchmark-timestream: \(error)")
  Output.end(isGood: false)
}
Output.end()
