import AWSClients
import CacheSupport
import CommandLineSupport
import HTTPTransport
import TimeSeriesCache

/// Devices that measure, for whatever cloud the environment names.
@main struct LocalGenerate {
  static let usage = """
    Usage: local-generate [--devices N] [--rounds N] [--interval T] [--daily]

    Sends readings of devices to the write function, round by round: temperature, humidity, pressure and vibration. With
    --write-url it sends line protocol to the write API, with the key of WRITE_KEY or --key. The exit status is 1 where
    a round was not taken.

    Examples:
      local-generate --devices 5 --rounds 10 --interval 30s
      local-generate --daily --seed 1 --from now-7d --rounds 1008 --interval 10m
      WRITE_KEY=local-writer local-generate --write-url http://127.0.0.1:4566/prod
    """

  static let options: [Arguments.Option] = [
    .init("devices", value: "N", "how many devices measure, 1 to 10000 (default 5)"),
    .init("rounds", value: "N", "how often, 1 to 1000000 (default 10)"),
    .init("interval", value: "T", "the time between two rounds, such as 30s or 5m (default 30s)"),
    .init("from", value: "TIME", "the first round's time, such as now-7d: nothing waits between rounds then"),
    .init(
      "daily", "values that follow the day, the same at the same time; with --from, times on multiples of the interval"),
    .init("seed", value: "N", "the same seed gives the same readings (default: another each time)"),
    .init("function", value: "NAME", "the write function (default timeseries-cache-write)"),
    .init("write-url", value: "URL", "the output WriteUrl: send line protocol there"),
    .init("bucket", value: "NAME", "the bucket that is written to, with --write-url (default devices)"),
    .init("key", value: "KEY", "a key that may write, with --write-url; better in WRITE_KEY, which others cannot see"),
  ]

  static func main() async {
    await Program.run("local-generate", options: options, usage: usage) { try await run($0, $1) }
  }

  /// - Returns: false where a round was not taken.
  static func run(_ arguments: Arguments, _ environment: ProcessEnvironment) async throws -> Bool {
    _ = try arguments.positional(atMost: 0)
    let count = try number("devices", arguments, default: 5, in: 1...10_000)
    let rounds = try number("rounds", arguments, default: 10, in: 1...1_000_000)
    let seed = try seed(arguments)
    guard let interval = TimeExpression.duration(arguments["interval"] ?? "30s") else {
      throw Arguments.Failure(description: "--interval is '\(arguments["interval"] ?? "")': give a time such as 30s")
    }
    let isDaily = arguments.has("daily")
    let step = max(1, interval)
    let start = try arguments["from"].map { try instant($0) }.map { isDaily ? $0 - $0 % step : $0 }
    let delivery = try delivery(arguments, environment)
    var devices = Devices(count: count, seed: seed)
    Output.line("\(count) devices, \(rounds) rounds, --seed \(seed)")
    var last = Int64.min
    var failed = 0
    for round in 1...rounds {
      // No two rounds at one instant: the later would replace the earlier.
      let time = start.map { $0 + Int64(round - 1) * step } ?? max(WallClock.system.now, last + 1)
      last = time
      let readings = isDaily ? devices.readings(at: time) : devices.round()
      do {
        try await delivery.send(readings, at: time)
        Output.line("round \(round) of \(rounds): \(UTCTime(epochMilliseconds: time).iso8601Text)")
      } catch {
        failed += 1
        Output.errorLine("round \(round) of \(rounds) was not taken: \(error)")
      }
      if start == nil, round < rounds { try await Task.sleep(for: .milliseconds(interval)) }
    }
    if failed > 0 { Output.errorLine("\(failed) of \(rounds) rounds were not taken") }
    return failed == 0
  }

  private static func delivery(_ arguments: Arguments, _ environment: ProcessEnvironment) throws -> Delivery {
    let http = CurlClient(environment: environment)
    guard let url = arguments["write-url"] else {
      for option in ["key", "bucket"] where arguments[option] != nil {
        throw Arguments.Failure(description: "--\(option) goes with --write-url")
      }
      let name = arguments["function"] ?? "timeseries-cache-write"
      return .function(LambdaClient(try AWSClient(environment: environment, http: http)), name: name)
    }
    guard arguments["function"] == nil else {
      throw Arguments.Failure(description: "give --function or --write-url, not both")
    }
    guard let key = arguments["key"] ?? environment["WRITE_KEY"] else {
      throw Arguments.Failure(description: "give a key that may write: WRITE_KEY or --key")
    }
    let bucket = PercentEncoding.encode(arguments["bucket"] ?? "devices")
    let address = url.hasSuffix("/") ? String(url.dropLast()) : url
    return .lineProtocol(http, url: "\(address)/api/v2/write?bucket=\(bucket)&precision=ms", key: key)
  }

  private static func number(
    _ name: String, _ arguments: Arguments, default: Int, in range: ClosedRange<Int>
  ) throws -> Int {
    guard let text = arguments[name] else { return `default` }
    guard let number = Int(text), range.contains(number) else {
      throw Arguments.Failure(
        description: "--\(name) is '\(text)': give \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func seed(_ arguments: Arguments) throws -> UInt64 {
    guard let text = arguments["seed"] else { return UInt64.random(in: 0...999_999) }
    guard let seed = UInt64(text) else {
      throw Arguments.Failure(description: "--seed is '\(text)': give a whole number, 0 or more")
    }
    return seed
  }

  private static func instant(_ text: String) throws -> Int64 {
    do throws(TimeExpression.Failure) { return try TimeExpression.instant(text, now: WallClock.system.now) } catch {
      throw Arguments.Failure(description: "--from is '\(text)': give a time such as now-7d or 2026-01-31T12:00:00Z")
    }
  }
}
