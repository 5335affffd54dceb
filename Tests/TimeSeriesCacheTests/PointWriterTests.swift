import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import LocalCloud
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What becomes of points: where they are, and what the writer is told of those that are nowhere.
@Suite(.timeLimit(.minutes(10))) struct PointWriterTests {
  static let now = WriteHarness.now

  static func message(_ response: HTTPEventResponse) -> String {
    (try? JSON(parsing: response.body))?["message"]?.string ?? ""
  }

  @Test("Past and future of one request are one series, split at the arrival") func split() async throws {
    try await WriteHarness.with { harness async throws in
      let lines = [
        "sun,place=x v=1,s=\"t\",b=true,i=5i \(Self.now - 60_000)", "sun,place=x v=2 \(Self.now)",
        "sun,place=x v=3 \(Self.now + 1)", "sun,place=x v=4 \(Self.now + 60_000)",
      ]
      #expect(await harness.write(lines.joined(separator: "\n"), ["precision": "ms"]).status == 204)
      #expect(
        try await harness.rows("sun,place=x") == ["-60000=b:true,i:5i,s:'t',v:1", "0=v:2", "1=v:3?", "60000=v:4?"])
      #expect(harness.log.metric(.pointsWritten) == 4)
      #expect(harness.log.metric(.pointsRejected) == 0)
      #expect(harness.log.metric(.seriesRegistered) == 1)
    }
  }

  @Test("Times count in the unit that was asked for, and none means the arrival")
  func precision() async throws {
    try await WriteHarness.with { harness async throws in
      let second = Self.now / 1000 - 3600
      for (precision, time) in [
        ("s", second), ("ms", second * 1000), ("us", second * 1_000_000), ("ns", second * 1_000_000_000),
      ] {
        #expect(await harness.write("cpu,p=\(precision) v=1 \(time)", ["precision": precision]).status == 204)
        #expect(try await harness.rows("cpu,p=\(precision)") == ["-3600000=v:1"])
      }
      // A missing unit is nanoseconds, an unknown one is refused: never silently taken for another.
      #expect(await harness.write("cpu v=1 \(second * 1_000_000_000)").status == 204)
      #expect(await harness.write("cpu v=1 \(second)", ["precision": "sec"]).status == 400)
      #expect(await harness.write("mem v=1").status == 204)
      #expect(try await harness.rows("cpu") == ["-3600000=v:1"])
      #expect(try await harness.rows("mem") == ["0=v:1"])
    }
  }

  @Test("Points of one tag set and several measurements stay with their own tags") func mixUp() async throws {
    // Table a with h=1, b with h=2, b with h=1: the reference writes the third with h=2.
    try await WriteHarness.with { harness async throws in
      let time = Self.now - 1000
      let lines = ["one,h=1 v=1 \(time)", "two,h=2 v=2 \(time)", "two,h=1 v=3 \(time)", "one,h=2 v=4 \(time)"]
      #expect(await harness.write(lines.joined(separator: "\n"), ["precision": "ms"]).status == 204)
      for (series, value) in [("one,h=1", 1), ("two,h=2", 2), ("two,h=1", 3), ("one,h=2", 4)] {
        #expect(try await harness.rows(series) == ["-1000=v:\(value)"])
      }
    }
  }

  @Test("Lines of one instant are one point, and tags in another order are the same series") func merged() async throws
  {
    try await WriteHarness.with { harness async throws in
      for time in [Self.now - 5, Self.now + 5] {
        let lines = "mem,a=1,b=2 x=1,y=1 \(time)\nmem,b=2,a=1 y=2,z=3 \(time)"
        #expect(await harness.write(lines, ["precision": "ms"]).status == 204)
      }
      #expect(try await harness.rows("mem,a=1,b=2") == ["-5=x:1,y:2,z:3", "5=x:1,y:2,z:3?"])
    }
  }

  @Test("A series belongs to the bucket that wrote it first, and one of a source to nobody who writes")
  func owners() async throws {
    try await WriteHarness.with { harness async throws in
      try await harness.cloud.register(["fetched"])
      let root = ["Authorization": "Token a-key"]
      #expect(await harness.write("cpu v=1").status == 204)
      let away = await harness.write("cpu v=2\nmem v=3", ["bucket": "away"], headers: root)
      #expect(away.status == 422)
      #expect(
        Self.message(away)
          == "failure writing points to database: partial write: line 1: the series belongs to bucket 'home', which wrote it first; dropped=1"
      )
      #expect(try await harness.entry("cpu")?.bucket == "home")
      #expect(try await harness.entry("mem")?.bucket == "away")
      #expect(try await harness.rows("mem") == ["0=v:3"])
      #expect(try await harness.rows("cpu") == ["0=v:1"])
      let fetched = await harness.write("fetched v=1\ncpu v=5")
      #expect(fetched.status == 422)
      #expect(Self.message(fetched).contains("line 1: the series is fetched from a source"))
      // The same from another process, which remembers nothing.
      let other = try WriteHarness(harness.cloud)
      #expect(await other.write("cpu v=2", ["bucket": "away"], headers: root).status == 422)
      #expect(await other.write("fetched v=2").status == 422)
      #expect(other.log.metric(.pointsRejected) == 1)
    }
  }

  @Test("Each of many rejected points is named by its line, the first ten with their reason, and the rest is written")
  func rejected() async throws {
    try await WriteHarness.with { harness async throws in
      // Older than the table keeps, in the middle of good ones; two of them are one point.
      let old = Self.now - 800 * 86_400_000
      var lines: [String] = []
      for index in 0..<25 {
        lines.append("cpu v=\(index) \(Self.now - 1000 - Int64(index))")
        lines.append("cpu v=\(index) \(old + Int64(index))")
      }
      lines.append("cpu w=1 \(old)")
      let response = await harness.write(lines.joined(separator: "\n"), ["precision": "ms"])
      #expect(response.status == 422)
      let message = Self.message(response)
      #expect(message.hasSuffix("and 16 more; dropped=26"))
      for index in 0..<10 { #expect(message.contains("line \(index * 2 + 2): ")) }
      #expect(!message.contains("line 22:"))
      #expect(try await harness.rows("cpu").count == 25)
      #expect(harness.log.metric(.pointsWritten) == 25)
      #expect(harness.log.metric(.pointsRejected) == 26)
      let status = try await harness.entry("cpu")?.status
      #expect(status?.stored == 25)
      #expect(status?.rejected == 25)
      #expect(status?.lastError?.message.contains("25 of 50 points were rejected") ?? false)
    }
  }

  @Test("A key that is no identifier costs its own points alone") func identifiers() async throws {
    try await WriteHarness.with { harness async throws in
      let long = String(repeating: "x", count: 2000)
      let response = await harness.write("cpu,h=\(long) v=1\ncpu,h=a v=1\ncpu,h=\u{1} v=1")
      #expect(response.status == 422)
      #expect(Self.message(response).contains("line 1: the identifier"))
      #expect(Self.message(response).contains("line 3: the identifier"))
      #expect(Self.message(response).hasSuffix("dropped=2"))
      #expect(try await harness.rows("cpu,h=a") == ["0=v:1"])
    }
  }

  @Test(
    "A forecast that is too large for an item is named, and others are written",
    arguments: [("items", 7, 60_000, "line 1: a forecast of 4"), ("chunks", 6, 50_000, "line 1: the sample takes 4")])
  func large(layout: String, fields: Int, bytes: Int, reason: String) async throws {
    let clock = ManualClock(Self.now)
    try await TestCloud.with(
      clock: clock.clock, polls: false, configure: { $0.template.parameters["ForecastLayout"] = layout }
    ) { cloud async throws in
      let harness = try WriteHarness(cloud, clock: clock)
      // Of a chunk it is what is left once it is packed that counts: noise, once in the rows and once in the head.
      var random = SplitMix(seed: 7)
      let large = (0..<fields).map { number in
        let text = (0..<bytes).map { _ in UInt8.random(in: 35...91, using: &random) }
        return "f\(number)=\"\(String(decoding: text, as: UTF8.self))\""
      }
      let lines = "a \(large.joined(separator: ",")) \(Self.now + 1)\na v=1 \(Self.now + 2)"
      let response = await harness.write(lines, ["precision": "ms"])
      #expect(response.status == 422)
      #expect(Self.message(response).contains(reason))
      #expect(try await harness.rows("a") == ["2=v:1?"])
    }
  }

  @Test("The same batch again, with the same arrival or a later one, changes nothing that is right") func again()
    async throws
  {
    try await WriteHarness.with { harness async throws in
      let lines = "cpu v=1 \(Self.now - 10)\ncpu v=2 \(Self.now + 100)"
      for _ in 0..<2 { #expect(await harness.write(lines, ["precision": "ms"]).status == 204) }
      harness.clock.advance(5)
      #expect(await harness.write(lines, ["precision": "ms"]).status == 204)
      #expect(try await harness.rows("cpu") == ["-10=v:1", "100=v:2?"])
      // A correction counts.
      #expect(await harness.write("cpu v=3 \(Self.now - 10)", ["precision": "ms"]).status == 204)
      harness.clock.advance(1)
      #expect(await harness.write("cpu v=4 \(Self.now - 10)", ["precision": "ms"]).status == 204)
      #expect(try await harness.rows("cpu").first == "-10=v:4")
    }
  }

  @Test(
    "What a clock a little ahead measures is history; what is later is forecast",
    arguments: [(nil, 5000), ("0", 0), ("1", 1000), ("900", 899_000)] as [(String?, Int64)])
  func tolerance(seconds: String?, tolerance: Int64) async throws {
    try await WriteHarness.with(["CLOCK_TOLERANCE_SECONDS": seconds ?? ""]) { harness async throws in
      let times = [0, tolerance, tolerance + 1].map { Self.now + $0 }
      let lines = times.map { "cpu v=\($0 - Self.now) \($0)" }.joined(separator: "\n")
      #expect(await harness.write(lines, ["precision": "ms"]).status == 204)
      let readings = times.map { #"{"device_id":"d","v":\#($0 - Self.now),"time":\#($0)}"# }
      #expect(try await harness.deliver(["[\(readings.joined(separator: ","))]"]) == [])
      let expected = Set([0, tolerance]).sorted().map { "\($0)=v:\($0)" } + ["\(tolerance + 1)=v:\(tolerance + 1)?"]
      for series in ["cpu", "sensors,device_id=d,location=unknown"] {
        #expect(try await harness.rows(series) == expected)
        // Newer history arrives: the measured point is still there, and the forecast gives way.
        harness.clock.advance(tolerance + 10)
        let line = "\(series) v=7 \(Self.now + tolerance + 5)"
        let bucket = series == "cpu" ? "home" : "devices"
        let root = ["Authorization": "Token a-key"]
        #expect(await harness.write(line, ["precision": "ms", "bucket": bucket], headers: root).status == 204)
        #expect(try await harness.rows(series) == expected.dropLast() + ["\(tolerance + 5)=v:7"])
        harness.clock.advance(-tolerance - 10)
      }
    }
  }

  @Test("A tolerance that is none is named", arguments: ["-1", "901", "x"]) func badTolerance(text: String) async throws
  {
    try await WriteHarness.with { harness async throws in
      #expect { try WriteHarness(harness.cloud, ["CLOCK_TOLERANCE_SECONDS": text]) } throws: {
        "\($0)".contains("CLOCK_TOLERANCE_SECONDS is '\(text)': give a whole number from 0 to 900")
      }
    }
  }

  @Test("Of two writes of one instant in one millisecond, or around a clock that is set back, the later one counts")
  func versions() async throws {
    try await WriteHarness.with { harness async throws in
      for (turn, step) in [0, 0, 5, -20, -20, 0].enumerated() {
        harness.clock.advance(Int64(step))
        let lines = "cpu v=\(turn) \(Self.now - 1000)\ncpu v=\(turn) \(Self.now + 60_000)"
        #expect(await harness.write(lines, ["precision": "ms"]).status == 204)
        #expect(try await harness.rows("cpu") == ["-1000=v:\(turn)", "60000=v:\(turn)?"])
      }
    }
  }

  @Test("Of more series than one write tells the status of, those come first that have waited longest")
  func turns() async throws {
    let told = Recorder<String>()
    try await WriteHarness.with(answer: { target, request in
      guard target.hasSuffix("UpdateItem") else { return nil }
      let key = (try? JSON(parsing: request.body))?["Key"]?["identifier"]?["S"]?.string
      told.append(key ?? "?")
      return nil
    }) { harness async throws in
      let count = 2 * WrittenSeries.statusesPerWrite + 100
      let lines = (0..<count).map { "cpu,host=h\($0) v=1" }.joined(separator: "\n")
      for turn in 1...3 {
        #expect(await harness.write(lines).status == 204)
        #expect(Set(told.elements).count == min(turn * WrittenSeries.statusesPerWrite, count))
        harness.clock.advance(WrittenSeries.statusInterval)
      }
      #expect(told.elements.count == 3 * WrittenSeries.statusesPerWrite)
      // What is told counts all that was written since.
      #expect(try await harness.entry("cpu,host=h0")?.status?.stored == 3)
      #expect(try await harness.entry("cpu,host=h\(count - 1)")?.status?.stored == 3)
    }
  }

  @Test("A series is registered once, and its status told once a minute, however often it is written")
  func requests() async throws {
    let targets = Recorder<String>()
    try await WriteHarness.with(answer: { target, _ in
      targets.append(String(target.split(separator: ".").last ?? ""))
      return nil
    }) { harness async throws in
      func count(_ target: String) -> Int { targets.elements.count { $0 == target } }
      let lines = (0..<20).map { "cpu,host=h\($0) v=1" }.joined(separator: "\n")
      for turn in 1...10 {
        #expect(await harness.write(lines).status == 204)
        #expect(count("PutItem") == 20)
        #expect(count("UpdateItem") == (turn < 7 ? 20 : 40))
        harness.clock.advance(10_000)
      }
      let status = try await harness.entry("cpu,host=h3")?.status
      #expect(status?.stored == 7)
      #expect(status?.measures == ["v"])
      // Somebody removes it: what is written next registers it again.
      let registry = IdentifierRegistry(harness.cloud.client, table: harness.cloud.output("IdentifierTableName"))
      #expect(try await registry.remove(Identifier("cpu,host=h3")))
      harness.clock.advance(60_000)
      for _ in 0..<2 { #expect(await harness.write("cpu,host=h3 v=1").status == 204) }
      #expect(try await harness.entry("cpu,host=h3")?.bucket == "home")
    }
  }

  @Test("A status that cannot be written does not fail the write, and is told with a later one") func statusOutage()
    async throws
  {
    let isBroken = ManualClock(1)
    try await WriteHarness.with(answer: { target, _ in
      target.hasSuffix("UpdateItem") && isBroken.now == 1 ? .refusal(500, "InternalServerError") : nil
    }) { harness async throws in
      #expect(await harness.write("cpu v=1").status == 204)
      #expect(harness.log.lines(saying: "the status of series was not written; a later write tells it").count == 1)
      #expect(try await harness.entry("cpu")?.status == nil)
      isBroken.advance(1)
      harness.clock.advance(60_000)
      #expect(await harness.write("cpu v=2").status == 204)
      #expect(try await harness.entry("cpu")?.status?.stored == 2)
    }
  }

  @Test("The series that a process remembers are bounded") func memory() async throws {
    try await WriteHarness.with { harness async throws in
      let registry = IdentifierRegistry(harness.cloud.client, table: harness.cloud.output("IdentifierTableName"))
      let written = WrittenSeries(registry, clock: .fixed(0), capacity: 10)
      for turn in 0..<4 {
        let series = try (0..<8).map { try Series(try #require(SeriesKey("m,t=\(turn * 8 + $0)"))) }
        let (owners, registered) = await written.owners(of: series, bucket: "b", now: 0)
        #expect(owners.map { try? $0.get() } == Array(repeating: .bucket("b"), count: 8))
        #expect(registered == 8)
        #expect(written.count <= 10)
      }
    }
  }

  @Test("Parts of a series have few samples, and no millisecond twice") func parts() {
    func parts(_ times: [Int64]) -> [[Int64]] {
      let samples = times.map { Sample(time: $0, measures: []) }
      return PointWriter.parts(of: samples[...]).map { range in samples[range].map(\.time) }
    }
    #expect(parts([]) == [])
    #expect(parts([1]) == [[1]])
    #expect(parts([1, 1, 2, 2, 2, 3]) == [[1], [1, 2], [2], [2, 3]])
    #expect(parts(Array(0..<25)).map(\.count) == [10, 10, 5])
  }

  @Test("5,000 points of 100 series are all written, in requests of 100 records") func batch() async throws {
    let requests = Recorder<Int>()
    try await WriteHarness.with(answer: { target, request in
      if target.hasSuffix("WriteRecords") {
        requests.append((try? JSON(parsing: request.body))?["Records"]?.array?.count ?? 0)
      }
      return nil
    }) { harness async throws in
      let lines = (0..<5000).map { "cpu,host=h\($0 % 100) v=\($0) \(Self.now - 1 - Int64($0 / 100) * 1000)" }
      #expect(await harness.write(lines.joined(separator: "\n"), ["precision": "ms"]).status == 204)
      // Those that found no table were sent again once it was there.
      #expect(requests.elements.reduce(0, +) >= 5000)
      #expect(requests.elements.max() ?? 0 <= 100)
      for host in [0, 57, 99] {
        let rows = try await harness.rows("cpu,host=h\(host)")
        #expect(rows.count == 50)
        #expect(rows.last == "-1=v:\(host)")
      }
    }
  }
}
