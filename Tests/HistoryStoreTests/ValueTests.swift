import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// Values of every type and of every size come back as they were written.
  @Suite struct Values {
    static let doubles: [Double] = [
      0, 1, -1, 0.1, 0.2, 0.30000000000000004, 1.0 / 3, .pi, -.pi, 21.5, 1e15, 1e16, 1e17, 123_456_789.123456789,
      9_007_199_254_740_992, 9_223_372_036_854_775_808, 1e21, 1e22, 1e23, -1e23, 1e-5, 1e-7, .leastNonzeroMagnitude,
      -.leastNonzeroMagnitude, 4.35,
      1e100,
      .leastNormalMagnitude, .leastNormalMagnitude.nextDown, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      1.nextUp, 1.nextDown, 8.5e15.nextUp, 179_769_313_486_231_568_384, 0x1p-1022,
      0x1.fffffffffffffp1023,
    ]

    @Test("Doubles come back bit for bit", arguments: StoreKind.allCases)
    func doubles(kind: StoreKind) async throws {
      var random = SplitMix(seed: 3)
      let values =
        Self.doubles
        + (0..<200).compactMap { _ -> Double? in
          let value = Double(bitPattern: random.next())
          return value.isFinite && value != 0 ? value : nil
        }
      let samples = values.enumerated().map { row(Int64(values.count - $0) * 1000, $1) }
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(samples, series)
      let read = try await store.all(series).map { sample -> UInt64? in
        if case .double(let value) = sample.measures[0].value { value.bitPattern } else { nil }
      }
      #expect(read == values.map(\.bitPattern))
    }

    @Test("Whole numbers keep all their bits, and are no doubles", arguments: StoreKind.allCases)
    func integers(kind: StoreKind) async throws {
      let values: [Int64] = [
        .min, .min + 1, -9_007_199_254_740_993, -1, 0, 1, 255, 9_007_199_254_740_993, 1 << 62, .max - 1, .max,
      ]
      let samples = values.enumerated().map {
        row(Int64(values.count - $0), ["i": .bigint($1), "b": .boolean($1 > 0)])
      }
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(samples, series)
      #expect(try await store.all(series) == samples)
    }

    static let texts: [String] = [
      " ", "x", "plain", " blanks around ", "é", "e\u{301}", "日本語", "👩‍👩‍👧‍👦🇨🇭", "\u{FEFF}bom", "\u{2028}\u{2029}",
      "\u{10FFFF}",
      "it's", #"say "hi""#, #"back\slash"#, #"ends in \"#, #"ends in \\"#, #"\""#, #"\n"#, "line\nline",
      "return\rreturn", "\r\n",
      "tab\ttab", "\u{1}\u{2}\u{1F}\u{7F}", "a\u{0}b", "\u{85}", "v=1,w=2 3", "t", "true", "NaN", "null", "1", "1i",
      "-0", "1e5",
      "'; DROP TABLE history; --", "${HOME} $(id) `id` %s %00", "{\"json\": [1]}", "<b>&amp;</b>", "# no comment",
      "/* no comment */",
      String(repeating: "x", count: 2048), String(repeating: "é", count: 1024),
      String(repeating: "\\", count: 2047) + "\"",
    ]

    @Test("Texts keep every byte", arguments: StoreKind.allCases)
    func texts(kind: StoreKind) async throws {
      let samples = Self.texts.enumerated().map { row(Int64(Self.texts.count - $0), ["t": .varchar($1)]) }
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(samples, series)
      let read = try await store.all(series).map { sample -> ByteText? in
        if case .varchar(let text) = sample.measures[0].value { ByteText(text) } else { nil }
      }
      #expect(read == Self.texts.map { ByteText($0) })
    }

    @Test("Names of measures keep every byte", arguments: StoreKind.allCases)
    func names(kind: StoreKind) async throws {
      let names = [
        " ", "v", "V", "é", "e\u{301}", "日本", "👍", "a b", "a,b", "a=b", #"a"b"#, "a'b", #"a\b"#, #"a\n"#, "a-b",
        "a.b", "a%b", "*",
        "\"; DROP TABLE x; --", "identifier_", "select", "from", "value", "_v", "0", "$1", "#c", "/r/",
        String(repeating: "n", count: 256),
      ]
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let measures = names.enumerated().map { Measure($1, .bigint(Int64($0))) }
      let sample = Sample(time: Home.now - 1, measures: measures.sorted { ByteText($0.name) < ByteText($1.name) })
      await store.put([sample], series)
      #expect(try await store.all(series) == [sample])
      #expect(
        try await store.lastValues(of: series, before: Home.now, measures: nil).values
          == Dictionary(uniqueKeysWithValues: measures.map { (ByteText($0.name), $0.value) }))
    }

    @Test("Rows of two hundred measures", arguments: StoreKind.allCases)
    func wide(kind: StoreKind) async throws {
      let samples = (0..<50).map { place in
        let measures = (0..<200).map { column -> Measure in
          Measure(
            "m\(1000 + column)",
            column % 3 == 0 ? .bigint(Int64(place * column)) : .double(Double(place) + Double(column) / 8))
        }
        return Sample(time: Home.now - Int64(50 - place) * 60_000, measures: measures)
      }
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(samples, series)
      #expect(try await store.all(series, pages: 17) == samples)
      #expect(try await store.latest(of: [series]).samples == [series: samples[49]])
      let range = try #require(TimeRange(from: 0, to: Home.now))
      let bins = try await store.bins(
        of: series, in: range, by: Binning(width: 3_600_000, aggregates: [.last]), limit: 10)
      #expect(bins.bins.last?.measures.count == 200)
      let moments = try await store.moments(of: series, in: range)
      #expect(moments.measures.count == 200 && moments.measures.values.allSatisfy { $0.count == 50 })
    }

    @Test(
      "Times finer than a millisecond are kept apart, and read as one row of their millisecond",
      arguments: StoreKind.allCases)
    func nanoseconds(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let samples = [
        row(5, ["a": .double(1)]), row(5, nanoseconds: 1, ["a": .double(2), "b": .double(3)]),
        row(5, nanoseconds: 999_999, ["b": .double(4)]), row(4, ["a": .double(5)]),
      ]
      await store.put(samples.reversed(), series)
      let read = { try await store.all(series).map { Sample(time: $0.time, measures: $0.measures) } }
      #expect(try await read() == [row(5, ["a": .double(2), "b": .double(4)]), row(4, ["a": .double(5)])])
      // Each instant has a version of its own.
      await store.put([row(5, nanoseconds: 1, ["a": .double(7)])], series, version: 2)
      #expect(await store.write([samples[1]], of: series, version: 1).counts == Counts(superseded: 1))
      #expect(try await read() == [row(5, ["a": .double(7), "b": .double(4)]), row(4, ["a": .double(5)])])
      #expect(try await store.newest(of: series, in: TimeRange(from: 0, to: Home.now - 5)).time == Home.now - 5)
    }

    @Test(
      "What a store does not take is rejected with its time and a reason, and the rest is taken",
      arguments: StoreKind.allCases)
    func limits(kind: StoreKind) async throws {
      let home = try await Home(kind)
      for (index, (limit, samples)) in Limit.samples.enumerated() {
        let (store, series) = (try home.store(), try Series.source("limit \(index)"))
        let good = [row(9, ["good": .double(1)]), row(7, ["good": .double(2)])]
        let outcome = await store.write([good[0]] + samples + [good[1]], of: series, version: 1)
        let isTaken = Facts.of(kind).takes.contains(limit)
        #expect(outcome.stored == (isTaken ? samples.count : 0) + 2, "\(limit): \(outcome)")
        #expect(outcome.rejected.first.map(\.time) == (isTaken ? [] : samples.map(\.time)), "\(limit): \(outcome)")
        #expect(outcome.rejected.first.allSatisfy { !$0.reason.isEmpty })
        #expect(outcome.failure == nil, "\(limit): \(outcome)")
        let expected = (good + (isTaken ? samples : [])).sorted { $0.time < $1.time }
        let range = try #require(TimeRange(from: .min, to: .max))
        #expect(try await store.rows(of: series, in: range, limit: 100).samples == expected, "\(limit)")
      }
    }

    @Test("A measure that changes its type", arguments: StoreKind.allCases)
    func types(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let values: [MeasureValue] = [.double(1.5), .bigint(2), .varchar("three"), .boolean(true), .double(5)]
      let samples = values.enumerated().map { row(Int64(10 - $0), ["v": $1]) }
      let taken = Facts.of(kind).takesOtherTypes ? samples : [samples[0], samples[4]]
      for (index, sample) in samples.enumerated() {
        let outcome = await store.write([sample], of: series, version: 1)
        let isTaken = taken.contains(sample)
        #expect(outcome.counts == Counts(stored: isTaken ? 1 : 0, rejected: isTaken ? 0 : 1), "\(index): \(outcome)")
      }
      #expect(try await store.all(series) == taken)
      // All in one write, into a series that has no type yet; which type comes first is the store's affair.
      let other = try Series.source("other")
      let outcome = await store.write(samples, of: other, version: 1)
      #expect(outcome.stored + outcome.rejected.count == 5 && outcome.failure == nil, "\(outcome)")
      #expect(try await store.all(other).count == outcome.stored)
    }
  }
}
