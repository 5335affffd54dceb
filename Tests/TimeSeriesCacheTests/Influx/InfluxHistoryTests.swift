import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// What the store promises, against the real server.
@Suite("History in InfluxDB", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
struct InfluxHistoryTests {
  @Test("keeps every kind of value bit for bit")
  func values() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let doubles: [Double] = [
        0, 1, -1, 0.1, 1e308, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .leastNonzeroMagnitude,
        -.leastNonzeroMagnitude, .leastNormalMagnitude, .leastNormalMagnitude.nextDown, 0.1 + 0.2, 0x1p53, 0x1p53 + 2,
        1e21, 1e-7, 123_456_789_012_345_680, 1.0.nextUp, .pi,
      ]
      let samples = doubles.enumerated().map { Sample(Int64($0.offset), ["v": .double($0.element)]) }
      let integers: [Int64] = [0, .min, .max, 9_007_199_254_740_993, -9_007_199_254_740_993]
      let wholes = integers.enumerated().map { Sample(Int64($0.offset), ["i": .bigint($0.element)]) }
      let texts = [
        "", "a", "\\", "\\\\", "\"", "\\\"", "a\\", "'", "line\nline", "\r\n\t", "a\0b", "é", "e\u{301}", "😀",
        "\u{2028}<>&", "~fields=1,b 2", "$p0", "null",
      ]
      let words = texts.enumerated().map {
        Sample(Int64($0.offset), ["t": .varchar($0.element), "b": .boolean($0.offset % 2 == 0)])
      }
      for (name, samples) in [("doubles", samples), ("wholes", wholes), ("words", words)] {
        let series = try Series.source(name)
        let written = await history.write(samples, of: series, version: 1)
        #expect(written == HistoryWrite(stored: samples.map(\.time)))
        #expect(try await history.all(series) == samples)
      }
    }
  }

  @Test("a higher version replaces a row whole; a lower or equal one changes nothing")
  func versions() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let series = try Series.source("house")
      let first = [Sample(1, ["a": .double(1), "b": .double(2)]), Sample(2, ["a": .double(3)])]
      #expect(await history.write(first, of: series, version: 10) == HistoryWrite(stored: [1, 2]))
      #expect(await history.write(first, of: series, version: 10) == HistoryWrite(superseded: 2))
      let late = [Sample(1, ["a": .double(-1)]), Sample(3, ["a": .double(5)])]
      #expect(await history.write(late, of: series, version: 9) == HistoryWrite(stored: [3], superseded: 1))
      // The newer version has other measures: what it lacks is gone, and does not come back.
      let newer = [Sample(1, ["b": .double(7), "c": .varchar("x")]), Sample(2, ["d": .boolean(true)])]
      #expect(await history.write(newer, of: series, version: 11) == HistoryWrite(stored: [1, 2]))
      let expected = [newer[0], newer[1], late[1]]
      #expect(try await history.all(series) == expected)
      #expect(try await server.history().all(series) == expected)
      let values = try await history.lastValues(of: series, before: 100, measures: nil)
      #expect(
        values == HistoryValues(values: ["a": .double(5), "b": .double(7), "c": .varchar("x"), "d": .boolean(true)]))
      // And where it comes back, it is what was written last.
      let again = [Sample(2, ["a": .double(8)])]
      #expect(await history.write(again, of: series, version: 12) == HistoryWrite(stored: [2]))
      #expect(try await history.all(series) == [newer[0], again[0], late[1]])
    }
  }

  @Test("two series of like names, and a written one beside a source's, are apart")
  func apart() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let all = [
        try Series.source("a"), try .source("A"), try .source("a "), try .source("é"), try .source("e\u{301}"),
        try .tagged("cpu"), try .tagged("cpu", ["host": "a"]), try .tagged("cpu", ["host": "a", "region": "b"]),
        try .tagged("cpu", ["region": "b"]), try .tagged("history"), try .tagged("history", ["other": "a"]),
        try .tagged("history", ["identifier": "a", "other": "b"]), try .tagged("cpu", ["value": "a"]),
      ]
      for (number, series) in all.enumerated() {
        let sample = Sample(1, ["value": .double(Double(number))])
        #expect(await history.write([sample], of: series, version: 1) == HistoryWrite(stored: [1]))
      }
      for (number, series) in all.enumerated() {
        let sample = Sample(1, ["value": .double(Double(number))])
        #expect(try await history.all(series) == [sample], "\(series)")
        #expect(try await history.newest(of: series, in: nil) == NewestHistory(time: 1))
      }
      let latest = try await history.latest(of: all + [try .source("nobody")])
      #expect(latest.samples.count == all.count)
      for (number, series) in all.enumerated() {
        #expect(latest.samples[series] == Sample(1, ["value": .double(Double(number))]))
      }
      // What belongs to the sources is nobody else's.
      let hostile = try Series.tagged("history", ["identifier": "a"])
      let refused = await history.write([Sample(1, ["value": .double(9)])], of: hostile, version: 2)
      #expect(refused.rejected.count == 1 && refused.stored == 0)
      #expect(try await history.all(hostile) == [])
    }
  }

  @Test("rows are paged by time, one for each millisecond")
  func paging() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let series = try Series.tagged("m", ["t": "x"])
      let samples = [
        Sample(-5, ["a": .double(0)]), Sample(0, ["a": .double(1)]), Sample(0, ["b": .double(2)], nanoseconds: 1),
        Sample(0, ["a": .double(3)], nanoseconds: 999_999), Sample(1, ["a": .double(4)]),
        Sample(7, ["a": .double(5)], nanoseconds: 500_000),
      ]
      #expect(await history.write(samples.reversed(), of: series, version: 1).stored == 6)
      let merged = [
        samples[0], Sample(0, ["a": .double(3), "b": .double(2)]), samples[4], Sample(7, ["a": .double(5)]),
      ]
      #expect(try await history.all(series) == merged)
      for limit in 1...5 {
        var pages: [Sample] = []
        var rest: TimeRange? = try .all()
        while let range = rest {
          let page = try await history.rows(of: series, in: range, limit: limit)
          #expect(page.samples.count <= limit)
          pages += page.samples
          rest = page.isCut ? range.after(page.samples.last?.time) : nil
        }
        #expect(pages == merged, "\(limit)")
      }
      let some = try #require(TimeRange(from: 0, to: 1))
      #expect(try await history.rows(of: series, in: some, limit: 10) == HistoryRows(samples: Array(merged[1...2])))
      #expect(try await history.newest(of: series, in: some) == NewestHistory(time: 1))
      #expect(try await history.newest(of: series, in: TimeRange(from: 8, to: 9)) == NewestHistory(time: nil))
      #expect(try await history.latest(of: [series]).samples == [series: merged[3]])
      #expect(try await history.newest(of: .tagged("m"), in: nil) == NewestHistory(time: nil))
    }
  }

  @Test("a field that changes its type is read as it was written, or rejected with InfluxDB's words")
  func types() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let series = try Series.source("changing")
      let week: Int64 = 7 * 86_400_000
      // Each in a shard of its own.
      let samples = [
        Sample(100 * week, ["f": .double(1.5)]), Sample(200 * week, ["f": .bigint(9_007_199_254_740_993)]),
        Sample(300 * week, ["f": .varchar("x")]), Sample(400 * week, ["f": .boolean(true)]),
        Sample(500 * week, ["f": .double(2)]),
      ]
      for (version, sample) in samples.enumerated() {
        #expect(
          await history.write([sample], of: series, version: Int64(version)) == HistoryWrite(stored: [sample.time]))
        #expect(try await history.all(series) == Array(samples[...version]))
      }
      #expect(
        try await history.lastValues(of: series, before: 450 * week, measures: nil)
          == HistoryValues(values: ["f": .boolean(true)]))
      let bad = [
        Sample(100 * week + 1, ["f": .bigint(1), "g": .bigint(1)]), Sample(100 * week + 2, ["f": .double(3)]),
        Sample(100 * week + 3, ["g": .bigint(2)]), Sample(100 * week + 4, ["f": .varchar("no")]),
      ]
      let words = #"field type conflict: input field "f" on measurement "history" is type "#
      #expect(
        await history.write(bad, of: series, version: 9)
          == HistoryWrite(
            stored: [100 * week + 2, 100 * week + 3],
            rejected: [
              (100 * week + 1, words + "integer, already exists as type float"),
              (100 * week + 4, words + "string, already exists as type float"),
            ]))
      #expect(try await history.all(series) == [samples[0], bad[1], bad[2]] + samples[1...])
    }
  }

  @Test("what InfluxDB cannot keep is rejected, and the rest is written")
  func rejections() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let series = try Series.source("faults")
      let faults: [(Sample, String)] = [
        (Sample(1, ["time": .double(1)]), "InfluxDB keeps the name 'time' of a field for itself"),
        (Sample(2, ["~version": .bigint(1)]), "the field '~version' has a name that the cache keeps for itself"),
        (Sample(3, ["~fields": .varchar("")]), "the field '~fields' has a name that the cache keeps for itself"),
        (Sample(4, ["": .double(1)]), "a field has an empty name"),
        (
          Sample(5, ["a\\": .double(1)]),
          "the field 'a\\' has a backslash at its end or before a comma, blank, equals sign, quote or backslash, for which InfluxDB has no escape"
        ),
        (Sample(6, ["a\nb": .double(1)]), "the field 'ab' has a control character in its name"),
        (Sample(7, ["a": .double(.nan)]), "the field 'a' is not a finite number; InfluxDB takes no other"),
        (Sample(8, [:]), "the sample has no value"),
        (
          Sample(9_223_372_036_855, ["a": .double(1)]), "the time is not between 1677 and 2262; InfluxDB takes no other"
        ),
        (Sample(.min, ["a": .double(1)]), "the time is not between 1677 and 2262; InfluxDB takes no other"),
      ]
      let good = [Sample(0, ["a": .double(1)]), Sample(10, ["a": .double(2)])]
      let written = await history.write([good[0]] + faults.map(\.0) + [good[1]], of: series, version: 1)
      #expect(written == HistoryWrite(stored: [0, 10], rejected: faults.map { ($0.0.time, $0.1) }))
      #expect(try await history.all(series) == good)
      for bad in [
        try Series.source("ends\\"), try .tagged("#m"), try .tagged("m\\"), try .tagged("m", ["time": "x"]),
      ] {
        let refused = await history.write(good, of: bad, version: 1)
        #expect(refused.rejected.count == 2 && refused.stored == 0 && refused.failure == nil, "\(bad)")
      }
    }
  }

  @Test("a point beyond the retention policy is rejected with InfluxDB's words, one among many as well")
  func retention() async throws {
    try await InfluxServer.with { server in
      try await server.ask("CREATE RETENTION POLICY short ON history DURATION 1h REPLICATION 1")
      let history = try server.history(retentionPolicy: "short")
      let series = try Series.source("short")
      let now = WallClock.system.now
      let samples = (0..<300).map { Sample(now - Int64($0) * 1000, ["a": .double(Double($0))]) }
      let old = Sample(1000, ["a": .double(1)])
      let written = await history.write([old] + samples, of: series, version: 1)
      #expect(written.stored == 300 && written.failure == nil && written.superseded == 0)
      #expect(written.rejected.first == [.init(time: 1000, reason: "points beyond retention policy")])
      #expect(try await history.all(series) == samples.reversed())
      #expect(try await server.history().all(series) == [])
    }
  }

  @Test("a hundred thousand rows, and rows of two hundred measures")
  func many() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let long = try Series.source("long")
      let samples = (0..<100_000).map {
        Sample(Int64($0) * 300_000, ["p": .double(Double($0) / 10), "q": .bigint(Int64($0))])
      }
      #expect(await history.write(samples, of: long, version: 1).stored == 100_000)
      #expect(try await history.rows(of: long, in: .all(), limit: 100_000) == HistoryRows(samples: samples))
      #expect(await history.write(samples, of: long, version: 1).superseded == 100_000)
      let wide = try Series.source("wide")
      let rows = (0..<500).map { row in
        Sample(
          time: Int64(row),
          measures: (0..<200).map { Measure("measure-\($0 + 1000)", .double(Double(row * $0) / 8)) })
      }
      #expect(await history.write(rows, of: wide, version: 1).stored == 500)
      #expect(try await history.all(wide) == rows)
      #expect(try await history.rows(of: long, in: .all(), limit: 3).samples == Array(samples[..<3]))
    }
  }
}
