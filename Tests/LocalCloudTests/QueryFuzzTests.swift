import CacheSupport
import Foundation
import TestSupport
import Testing
import TimestreamSQL

@testable import LocalCloud

/// Mutations of valid queries, and bytes: whatever comes, there is a query or an error.
///
/// `FUZZ_QUERIES` sends more of them than a test has time for; the seed is fixed, and printed with what it was when it failed.
@Suite struct QueryFuzzTests {
  struct Generator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
      // SplitMix64.
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }

  static let pieces: [String] = [
    "(", ")", ",", "'", "\"", "--", "/*", "*/", ";", "::", ".", "*", "SELECT ", " FROM ", " JOIN ", " ON ", " NULL ",
    " CASE WHEN ", " END ", "WITH a AS (", " UNION ", " OVER (", " 1e999 ", "99999999999999999999", "1h", "-", "NOT ",
    " IN (", " EXISTS (", "cast(", " AS ", "interval '1' ", "date '", "\u{0}", "é", "𝄞", "\n", "@p", "->", "[", "]",
    " GROUP BY ", " ORDER BY ", " LIMIT 9223372036854775808", "row_number() OVER (", "bin(time, ",
  ]

  static var residentMegabytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS") } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) / 1024
  }

  private static let numbers: [String] = [
    "0", "1", "7", "255", "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "1e308", "1e-320",
  ]

  /// A query some of whose numbers are others: most of them are still understood.
  static func substitution(_ seeds: [String], _ generator: inout Generator) -> String {
    (seeds.randomElement(using: &generator) ?? "").replacing(/[0-9]+/) { match in
      Int.random(in: 0..<3, using: &generator) == 0
        ? numbers.randomElement(using: &generator) ?? "" : String(match.output)
    }
  }

  static func mutation(_ seeds: [String], _ generator: inout Generator) -> String {
    var text = Array((seeds.randomElement(using: &generator) ?? "").unicodeScalars)
    // Mostly one change, so that much of it is still understood.
    for _ in 0..<max(1, Int.random(in: -6...6, using: &generator)) {
      let place = Int.random(in: 0...text.count, using: &generator)
      let end = min(text.count, place + Int.random(in: 0...12, using: &generator))
      switch Int.random(in: 0..<5, using: &generator) {
      case 0: text.removeSubrange(place..<end)
      case 1: text.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").unicodeScalars, at: place)
      case 2:
        let part = Array(text[place..<end])
        for _ in 0..<Int.random(in: 1...50, using: &generator) { text.insert(contentsOf: part, at: place) }
      case 3:
        let other = Array((seeds.randomElement(using: &generator) ?? "").unicodeScalars)
        text.insert(contentsOf: other.suffix(Int.random(in: 0...other.count, using: &generator)), at: place)
      default:
        if place < text.count, let scalar = Unicode.Scalar(UInt32.random(in: 0...0x2FF, using: &generator)) {
          text[place] = scalar
        }
      }
    }
    return String(String.UnicodeScalarView(text.prefix(20_000)))
  }

  @Test("Mutated queries end in a query or an error, and the engine answers on", .timeLimit(.minutes(20)))
  func mutations() async throws {
    let queries = ProcessInfo.processInfo.environment["FUZZ_QUERIES"].flatMap { Int($0) } ?? 3000
    let seed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_261_120
    let storage = try Storage(folder: nil, schemas: LocalCloud.schemas)
    let store = TimestreamStore(storage: storage, account: Account(), clock: .fixed(QueryTests.epoch))
    try store.makeTable()
    let measures: JSON = .array(
      [
        ("v", "1.5", "DOUBLE"), ("n", "7", "BIGINT"), ("ok", "true", "BOOLEAN"), ("s", "x", "VARCHAR"),
        ("w", "1", "BIGINT"),
      ]
      .map { ["Name": .string($0.0), "Value": .string($0.1), "Type": .string($0.2)] })
    var records = Input([
      "DatabaseName": "ddd", "TableName": "ttt",
      "Records": [
        [
          "Dimensions": [["Name": "id", "Value": "a"], ["Name": "site", "Value": "n"]], "MeasureName": "m",
          "MeasureValueType": "MULTI", "MeasureValues": measures, "Time": .string(String(QueryTests.epoch)),
        ]
      ],
    ])
    _ = try store.writeRecords(&records)
    let engine = try QueryEngine(store: store, clock: .fixed(QueryTests.epoch), timeLimit: .milliseconds(500))
    let seeds =
      (QueryTests.cases + QueryLanguageCases.all + QueryListCases.all).map(\.sql).filter { $0.utf8.count < 2000 }.map {
        $0.replacing("§", with: "ddd.ttt")
      } + (QueryLanguageCases.errors + QueryListCases.errors).map { $0.sql.replacing("§", with: "ddd.ttt") }
    var generator = Generator(seed: seed)
    var answered = 0
    for number in 0..<queries {
      let sql = number % 4 == 0 ? Self.substitution(seeds, &generator) : Self.mutation(seeds, &generator)
      guard !sql.isEmpty else { continue }
      do throws(ServiceError) {
        _ = try engine.run(
          QueryRequest(sql: sql), now: QueryTests.epoch, budget: QueryBudget(.init(time: .milliseconds(500))))
        answered += 1
      } catch {
        if error.status >= 500 { Issue.record("\(error.message ?? ""): \(sql)") }
      }
    }
    print("fuzzed \(queries) queries, \(answered) answered, seed \(seed), \(Self.residentMegabytes) MB resident")
    #expect(answered > 0)
    var last = Input(["QueryString": "SELECT 1"])
    let answer = try await engine.answer(QueryRequest(&last))
    #expect(String(decoding: answer.body, as: UTF8.self).contains("ScalarValue"))
  }
}
