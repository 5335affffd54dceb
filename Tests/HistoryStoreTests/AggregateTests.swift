import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

extension HistoryStoreTests {
  /// Bins, conditions and statistics, each compared with what the rows themselves give.
  @Suite struct Aggregates {
    /// Five minutes apart over six days with gaps: numbers that add exactly, whole numbers of all sizes, texts, booleans and measures that
    /// some rows lack.
    static let samples: [Sample] = {
      var random = SplitMix(seed: 11)
      var counter = 0.0
      return (0..<1700).compactMap { place in
        let hour = (place / 12) % 24
        if hour == 3 || (600..<900).contains(place) { return nil }
        counter = place % 251 == 0 ? 0 : counter + Double(Int.random(in: 0...40, using: &random)) / 4
        var values: [Measure] = [
          Measure("counter", .double(counter)),
          Measure("level", .double(Double(Int.random(in: -4000...4000, using: &random)) / 8)),
          Measure("whole", .bigint(Int64.random(in: place % 3 == 0 ? Int64.min...Int64.max : -9...9, using: &random))),
        ]
        if place % 5 == 0 { values.append(Measure("flag", .boolean(Bool.random(using: &random)))) }
        if place % 7 < 2 {
          values.append(Measure("text", .varchar(["a", "Z", "é", "e\u{301}", "zz", "'"][place % 6])))
        }
        if hour == 5 { values.append(Measure("rare", .double(Double(place) / 2))) }
        values.sort { ByteText($0.name) < ByteText($1.name) }
        return Sample(time: Home.now - Int64(1700 - place) * 300_000, measures: values)
      }
    }()

    static let names: [ByteText] = ["counter", "flag", "level", "rare", "text", "whole"]

    /// The values of a measure in a range, oldest first, with their times.
    static func values(_ name: ByteText, from: Int64 = .min, to: Int64 = .max) -> [(time: Int64, value: MeasureValue)] {
      samples.filter { $0.time >= from && $0.time <= to }.compactMap { sample in
        sample.measures.first { ByteText($0.name) == name }.map { (sample.time, $0.value) }
      }
    }

    @Test(
      "Bins of every aggregate are those of the rows", arguments: StoreKind.allCases,
      [300_000, 420_000, 3_600_000, 25_200_000, 86_400_000, 640_000_000] as [Int64])
    func bins(kind: StoreKind, width: Int64) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(Self.samples, series)
      let (first, last) = (Self.samples[0].time, Home.now)
      for (from, to) in [
        (0, last), (first + 1, last - 1), (first + 86_400_000 + 5, last - 200_000_000), (last - 30_000_000, last),
      ] {
        let range = try #require(TimeRange(from: from, to: to))
        let binning = Binning(width: width, aggregates: Set(Aggregate.allCases))
        let answer = try await store.bins(of: series, in: range, by: binning, limit: 5000)
        #expect(!answer.isCut)
        #expect(answer.bins.map(\.texts) == Self.expected(in: range, width: width, Self.names), "\(from) \(to)")
      }
    }

    /// What bins are to say, worked out from the rows.
    static func expected(in range: TimeRange, width: Int64, _ names: [ByteText]) -> [BinText] {
      var bins: [Int64: BinText] = [:]
      for name in names {
        var before: MeasureValue?
        var byBin: [Int64: [(MeasureValue, previous: MeasureValue?)]] = [:]
        for (time, value) in values(name, from: range.from, to: range.to) {
          let start = time - time % width
          byBin[start, default: []].append((value, before))
          bins[start, default: BinText(start: start, newest: 0)].newest = max(bins[start]?.newest ?? 0, time)
          before = value
        }
        for (start, values) in byBin {
          for (aggregate, value) in plain(values) { bins[start]?.values["\(name) \(aggregate.rawValue)"] = value }
        }
      }
      return bins.values.sorted { $0.start < $1.start }
    }

    /// Every aggregate of values, by plain arithmetic.
    static func plain(_ values: [(value: MeasureValue, previous: MeasureValue?)]) -> [Aggregate: MeasureValue] {
      var answer: [Aggregate: MeasureValue] = [.count: .bigint(Int64(values.count))]
      answer[.first] = values.first?.value
      answer[.last] = values.last?.value
      let ordered = values.map(\.value).sorted { $0.isLess($1) }
      answer[.min] = ordered.first
      answer[.max] = ordered.last
      let pairs = values.compactMap { value, previous in previous.map { ($0, value) } }
      switch values.first?.value {
      case .double:
        let numbers = values.map(\.value.decimal)
        answer[.sum] = .double(numbers.reduce(0, +))
        answer[.avg] = .double(numbers.reduce(0, +) / Double(numbers.count))
        let grown = pairs.map { $1.decimal < $0.decimal ? $1.decimal : $1.decimal - $0.decimal }
        if !pairs.isEmpty { answer[.increase] = .double(grown.reduce(0, +)) }
      case .bigint:
        func kept(_ sum: Int128) -> MeasureValue { Int64(exactly: sum).map { .bigint($0) } ?? .double(Double(sum)) }
        let sum = values.reduce(Int128(0)) { $0 + $1.value.whole }
        answer[.sum] = kept(sum)
        answer[.avg] = .double(Double(sum) / Double(values.count))
        let grown = pairs.map { $1.whole < $0.whole ? $1.whole : $1.whole - $0.whole }
        if !pairs.isEmpty { answer[.increase] = kept(grown.reduce(0, +)) }
      default: break
      }
      return answer
    }

    @Test("Bins of some measures, and pages of bins", arguments: StoreKind.allCases)
    func somebins(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(Self.samples, series)
      let width: Int64 = 3_600_000
      let range = try #require(TimeRange(from: 0, to: Home.now))
      for names in [["rare"], ["text", "flag"], ["level", "none"], ["none"]] as [[ByteText]] {
        let binning = Binning(width: width, aggregates: Set(Aggregate.allCases), measures: Set(names))
        let answer = try await store.bins(of: series, in: range, by: binning, limit: 5000)
        #expect(answer.bins.map(\.texts) == Self.expected(in: range, width: width, names), "\(names)")
      }
      // Bins page by page, each from the end of the one before; increases need the page before, and are left out.
      let aggregates: Set<Aggregate> = [.sum, .last]
      var pages: [BinText] = []
      var rest: TimeRange? = range
      while let left = rest {
        let page = try await store.bins(
          of: series, in: left, by: Binning(width: width, aggregates: aggregates, measures: ["level"]), limit: 10)
        #expect(page.bins.count == (page.isCut ? 10 : page.bins.count))
        pages += page.bins.map { BinText($0, aggregates) }
        rest = page.isCut ? left.after(page.bins.last.map { $0.start + width - 1 }) : nil
      }
      #expect(pages == Self.expected(in: range, width: width, ["level"]).map { $0.only(aggregates) })
    }

    @Test("Conditions on numbers, whole numbers, texts and booleans", arguments: StoreKind.allCases)
    func conditions(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(Self.samples, series)
      let range = try #require(TimeRange(from: Self.samples[100].time, to: Self.samples[1200].time))
      let bounds: [(ByteText, MeasureValue)] = [
        ("level", .double(12.5)), ("level", .bigint(12)), ("whole", .bigint(3)), ("whole", .double(3)),
        ("text", .varchar("é")),
        ("text", .varchar("Z")), ("flag", .boolean(true)), ("none", .double(1)), ("text", .double(1)),
        ("level", .varchar("x")),
      ]
      for (name, value) in bounds {
        for comparison in MeasureCondition.Comparison.allCases {
          let expected = Self.samples.filter { sample in
            guard range.from <= sample.time, sample.time <= range.to,
              let found = sample.measures.first(where: { ByteText($0.name) == name })?.value,
              found.isComparable(to: value)
            else { return false }
            let (less, more) = (found.isLess(value), value.isLess(found))
            return switch comparison {
            case .equal: !less && !more
            case .notEqual: less || more
            case .less: less
            case .lessOrEqual: !more
            case .greater: more
            case .greaterOrEqual: !less
            }
          }
          let condition = MeasureCondition(name, comparison, value)
          let found = try await store.rows(of: series, in: range, limit: 5000, where: condition)
          #expect(found.samples == expected, "\(name) \(comparison.rawValue) \(value)")
          #expect(!found.isCut)
          let some = try await store.rows(of: series, in: range, limit: 5, where: condition)
          #expect(some.samples == Array(expected.prefix(5)) && some.isCut == (expected.count > 5))
        }
      }
    }

    @Test("The latest values before a time, and the newest row", arguments: StoreKind.allCases)
    func latest(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(Self.samples, series)
      let first = Self.samples[0].time
      for time in [Home.now, Self.samples[700].time, Self.samples[700].time + 1, first + 1, first, 0, .min] {
        for names in [nil, ["rare", "text"], ["none"], []] as [Set<ByteText>?] {
          var expected: [ByteText: MeasureValue] = [:]
          for name in Self.names where names?.contains(name) ?? true {
            expected[name] = time == .min ? nil : Self.values(name, to: time - 1).last?.value
          }
          let found = try await store.lastValues(of: series, before: time, measures: names)
          #expect(found.values == expected, "\(time) \(names ?? [])")
        }
      }
      let (other, none) = (try Series.source("other"), try Series.source("none"))
      await store.put([row(5, 1)], other)
      let latest = try await store.latest(of: [series, other, none])
      #expect(latest.samples == [series: Self.samples[Self.samples.count - 1], other: row(5, 1)])
    }

    @Test("Count, bounds, mean and spread, and what lies outside", arguments: StoreKind.allCases)
    func moments(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      await store.put(Self.samples, series)
      for (from, to) in [(0, Home.now), (Self.samples[50].time + 1, Self.samples[900].time), (0, Self.samples[0].time)]
      {
        let range = try #require(TimeRange(from: from, to: to))
        let moments = try await store.moments(of: series, in: range).measures
        for name in Self.names {
          let values = Self.values(name, from: from, to: to).map(\.value)
          let found = moments[name]
          #expect((found?.count ?? 0) == values.count, "\(name)")
          let ordered = values.sorted { $0.isLess($1) }
          #expect(found?.minimum == ordered.first && found?.maximum == ordered.last, "\(name)")
          let numbers = values.compactMap(\.number)
          #expect((found?.numbers ?? 0) == numbers.count, "\(name)")
          guard numbers.count > 1, let found else { continue }
          let mean = numbers.reduce(0) { $0 + $1 / Double(numbers.count) }
          let deviation = (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) / Double(numbers.count - 1) })
            .squareRoot()
          #expect(abs(found.mean - mean) <= abs(deviation) * 1e-9, "\(name): \(found.mean) \(mean)")
          #expect(abs((found.deviation ?? 0) - deviation) <= deviation * 1e-9, "\(name)")
        }
        let bounds: [ByteText: OutlierBound] = [
          "level": OutlierBound(mean: 0, distance: 450), "rare": OutlierBound(mean: 100, distance: 200),
          "text": OutlierBound(mean: 0, distance: 0),
          "none": OutlierBound(mean: 0, distance: 0),
        ]
        let expected = Self.samples.filter { $0.time >= from && $0.time <= to }.compactMap { sample -> Sample? in
          let outside = sample.measures.filter { measure in
            guard case .double(let value) = measure.value, let bound = bounds[ByteText(measure.name)] else {
              return false
            }
            return abs(value - bound.mean) > bound.distance
          }
          return outside.isEmpty ? nil : Sample(time: sample.time, measures: outside)
        }
        let found = try await store.outliers(of: series, in: range, beyond: bounds, limit: 5000)
        #expect(found.samples == expected && !found.isCut)
        let some = try await store.outliers(of: series, in: range, beyond: bounds, limit: 3)
        #expect(some.samples == Array(expected.prefix(3)) && some.isCut == (expected.count > 3))
      }
    }

    @Test("Bins, statistics and rows after corrections are those of the newest rows", arguments: StoreKind.allCases)
    func corrected(kind: StoreKind) async throws {
      let (store, series) = (try await Home(kind).store(), try Series.source("s"))
      let samples = everyFiveMinutes(600)
      await store.put(
        samples.map { Sample(time: $0.time, measures: [Measure("v", .double(-1e300))]) }, series, version: 1)
      await store.put(samples, series, version: 2)
      _ = await store.write(
        samples.map { Sample(time: $0.time, measures: [Measure("v", .double(1e300))]) }, of: series, version: 1)
      let range = try #require(TimeRange(from: 0, to: Home.now))
      let binning = Binning(width: 86_400_000, aggregates: [.sum, .min, .max, .count])
      let bins = try await store.bins(of: series, in: range, by: binning, limit: 10).bins
      #expect(bins.compactMap { $0.measures["v"]?.value(.max) } == [.double(23), .double(311), .double(599)])
      #expect(bins.compactMap { $0.measures["v"]?.value(.min) } == [.double(0), .double(24), .double(312)])
      #expect(bins.compactMap { $0.measures["v"]?.value(.sum) } == [.double(276), .double(48_240), .double(131_184)])
      let moments = try await store.moments(of: series, in: range).measures["v"]
      #expect(moments?.count == 600 && moments?.mean == 299.5)
      let high = MeasureCondition("v", .greater, .double(597))
      #expect(try await store.rows(of: series, in: range, limit: 9, where: high).samples == Array(samples[598...]))
    }
  }
}

/// A bin as texts, which can be compared and read.
struct BinText: Hashable, CustomStringConvertible {
  var start: Int64
  var newest: Int64
  /// By `measure aggregate`.
  var values: [String: MeasureValue] = [:]

  var description: String {
    "\(start)…\(newest): \(values.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }.joined(separator: ", "))"
  }

  func only(_ aggregates: Set<Aggregate>) -> BinText {
    var bin = self
    bin.values = values.filter { name, _ in aggregates.contains { name.hasSuffix(" " + $0.rawValue) } }
    return bin
  }
}

extension BinText {
  init(_ bin: HistoryBin, _ aggregates: Set<Aggregate>) {
    self.init(start: bin.start, newest: bin.newest)
    for (name, tally) in bin.measures {
      for aggregate in aggregates { values["\(name) \(aggregate.rawValue)"] = tally.value(aggregate) }
    }
  }
}

extension HistoryBin {
  fileprivate var texts: BinText { BinText(self, Set(Aggregate.allCases)) }
}

extension MeasureValue {
  /// An order of values of one type, worked out without the library.
  fileprivate func isLess(_ other: MeasureValue) -> Bool {
    switch (self, other) {
    case (.double(let one), .double(let other)): one < other
    case (.bigint(let one), .bigint(let other)): one < other
    case (.double(let one), .bigint(let other)): one < Double(other)
    case (.bigint(let one), .double(let other)): Double(one) < other
    case (.varchar(let one), .varchar(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
    case (.boolean(let one), .boolean(let other)): !one && other
    default: false
    }
  }

  fileprivate func isComparable(to other: MeasureValue) -> Bool {
    switch (self, other) {
    case (.double, .double), (.bigint, .bigint), (.double, .bigint), (.bigint, .double), (.varchar, .varchar),
      (.boolean, .boolean):
      true
    default: false
    }
  }

  fileprivate var decimal: Double { if case .double(let value) = self { value } else { .nan } }
  fileprivate var whole: Int128 { if case .bigint(let value) = self { Int128(value) } else { 0 } }
}
