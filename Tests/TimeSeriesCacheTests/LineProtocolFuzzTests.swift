import CacheSupport
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Points that are made at random, as a client writes them.
struct RandomPoints {
  /// Pieces of names: what has a meaning in line protocol, two spellings of one letter, all lengths of UTF-8.
  static let pieces = [
    "a", "b", "c", "long_enough_for_a_word_or_two", " ", ",", "=", "\\", "\"", "'", "#", "é", "e\u{301}", "€", "🌡", "1",
    "-", "\r.",
  ]

  static func name() -> String { (0...Int.random(in: 0..<3)).map { _ in pieces.randomElement() ?? "a" }.joined() }

  static func value() -> MeasureValue {
    switch Int.random(in: 0..<6) {
    case 0: .bigint(.random(in: .min ... .max))
    case 1: .boolean(.random())
    case 2: .varchar((0..<Int.random(in: 0..<5)).map { _ in Bool.random() ? name() : "\n" }.joined())
    case 3: .double(Double(Int.random(in: -9999...9999)) / 100)
    case 4: .finite(Double(bitPattern: .random(in: 0...UInt64.max))) ?? .double(1)
    default: .double(.random(in: -1...1))
    }
  }

  /// Writes a name with a backslash before what needs one.
  static func written(_ name: String, special: String) -> String {
    String(decoding: name.utf8.flatMap { special.utf8.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }, as: UTF8.self)
  }

  static func written(_ value: MeasureValue) -> String {
    switch value {
    case .double(let value): "\(value)"
    case .bigint(let value): Bool.random() || value < 0 ? "\(value)i" : "\(value)u"
    case .boolean(let value): (value ? ["t", "True"] : ["F", "false"]).randomElement() ?? ""
    case .varchar(let text): "\"\(written(text, special: "\"\\"))\""
    }
  }

  /// A body, and the points that it has.
  static func body() -> (text: String, points: [ExpectedPoint]) {
    var text = ""
    var points: [ExpectedPoint] = []
    let keys = (0..<4).map { _ in (name(), (0..<Int.random(in: 0..<4)).map { _ in (name(), name()) }) }
    let names = (0..<5).map { _ in name() }
    var line = 1
    for _ in 0..<Int.random(in: 0..<12) {
      let (measurement, tags) = keys.randomElement() ?? ("m", [])
      guard !measurement.hasPrefix("#"),
        let key = SeriesKey(
          measurement: ByteText(measurement), tags: tags.map { SeriesKey.Tag(ByteText($0.0), ByteText($0.1)) })
      else { continue }
      let fields = (0...Int.random(in: 0..<4)).map { _ in Measure(names.randomElement() ?? "f", value()) }
      let time: Int64 = .random(in: .min ... .max)
      var point = tags.shuffled().map { ",\(written($0.0, special: ", =\\"))=\(written($0.1, special: ", =\\"))" }
        .joined()
      point = written(measurement, special: ", \\") + point + (Bool.random() ? " " : "  ")
      point += fields.map { "\(written($0.name, special: ", =\\"))=\(written($0.value))" }.joined(separator: ",")
      points.append(ExpectedPoint(ByteText(key.text), fields, at: time, line: line))
      point += " \(time)" + (["\n", "\r\n", " \n", "\n\n# comment\n"].randomElement() ?? "")
      line += point.utf8.count { $0 == UInt8(ascii: "\n") }
      text += point
    }
    return (text, points)
  }
}

@Suite("Any bytes at all are points or an error within them")
struct LineProtocolFuzzTests {
  /// What a parser that is new gives, as a value that can be compared.
  static func result(_ bytes: [UInt8]) -> Result<[ExpectedPoint], LineProtocolError> {
    do throws(LineProtocolError) { return .success(try LineProtocol.parse(bytes, now: 7).all) } catch {
      return .failure(error)
    }
  }

  @Test("Random points are read as they were written") func roundTrip() throws {
    for _ in 0..<600 {
      let (text, points) = RandomPoints.body()
      #expect(Self.result(Array(text.utf8)) == .success(points), "\(text.debugDescription)")
    }
  }

  @Test("Random changes never trap, and an error lies within the body") func mutations() throws {
    let odd: [UInt8] = Array(" ,=\\\"\n\r\t#\0iue.-+19tF".utf8) + [0x80, 0xC3, 0xE2, 0xF0, 0xFF]
    var errors: Set<LineProtocolError.Reason> = []
    for _ in 0..<500 {
      var bytes = Array(RandomPoints.body().text.utf8)
      for _ in 0...Int.random(in: 0..<3) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count)
        switch Int.random(in: 0..<4) {
        case 0: bytes[place] = odd.randomElement() ?? 0
        case 1: bytes.insert(odd.randomElement() ?? 0, at: place)
        case 2: bytes.remove(at: place)
        default: bytes.removeSubrange(place...)
        }
      }
      let result = Self.result(bytes)
      // Eight bytes at a time or, near the end, one at a time: both ways say the same.
      #expect(Self.result(bytes + Array("\n# and something after it".utf8)) == result, "\(bytes)")
      guard case .failure(let error) = result else { continue }
      errors.insert(error.reason)
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      try #require((1...lines.count).contains(error.line), "\(error) \(bytes)")
      // One byte past the line where something is missing at its end.
      #expect((1...lines[error.line - 1].count + 1).contains(error.column), "\(error) \(bytes)")
    }
    // About 18 of the reasons come up; so few are left that chance alone never goes below.
    #expect(errors.count > 8)
  }

  @Test("What the parser remembers changes nothing: each line says alone what it says among others") func memory()
    throws
  {
    for _ in 0..<300 {
      let body = RandomPoints.body()
      let lines = body.text.split(separator: "\n").map(String.init)
      // A text over several lines is not a line.
      guard !body.points.contains(where: { $0.fields.contains { "\($0.value)".contains("\\n") } }) else { continue }
      let alone = lines.map { Self.result(Array($0.utf8)) }
      let points = try Self.result(Array(body.text.utf8)).get()
      #expect(
        try alone.flatMap { try $0.get() }.map { [$0.series: $0.fields] } == points.map { [$0.series: $0.fields] })
    }
  }

  @Test("A real data set is read whole", .enabled(if: SharedData.isPresent, "../shared/data is not on this machine"))
  func birds() throws {
    let parsed = try LineProtocol.parse(SharedData.bytes("line-protocol/bird-migration.line"), now: 0)
    #expect(parsed.points.count == 2001)
    #expect(parsed.series.count == 109)
    #expect(parsed.names == ["lat", "lon"])
    let parts = parsed.samples()
    #expect(parts.map(\.samples.count).max() == 743)
    #expect(parts.reduce(0) { $0 + $1.samples.count } == 2001)
    #expect(Set(parsed.points.map { $0.time % 3_600_000_000_000 }) == [0])
  }
}

@Suite("The table of tokens")
struct TokenTableTests {
  /// What a table does with tokens: how many entries it compares.
  static func probes(_ tokens: [String], seed: (UInt64, UInt64)? = nil) -> Int {
    var table = seed.map { TokenTable(seed: $0) } ?? TokenTable()
    let bytes = Array(tokens.joined().utf8)
    var start = 0
    for (number, token) in tokens.enumerated() {
      let found = table.find(start, count: token.utf8.count, in: bytes.span)
      if found.entry == nil {
        _ = table.add(start, count: token.utf8.count, hash: found.hash, value: Int32(number))
      }
      start += token.utf8.count
    }
    return table.probes
  }

  @Test("Ten times as many tokens cost ten times the comparisons, or little more") func cost() {
    func tokens(_ count: Int) -> [String] { (0..<count).map { "cpu,host=server\($0)" } }
    let few = Self.probes(tokens(2000) + tokens(2000))
    #expect(few >= 2000)
    #expect(Self.probes(tokens(20_000) + tokens(20_000)) < few * 16)
  }

  @Test("Tokens that fall into one place of one body's table do not in another's") func seed() throws {
    let seed: (UInt64, UInt64) = (0x9E37_79B9_7F4A_7C15, 0xD1B5_4A32_D192_ED03)
    // With a known seed, tokens of one place can be searched for; here of the lowest eight bits.
    let table = TokenTable(seed: seed)
    let tokens = (0..<20_000).map { "m,t=\($0)" }.filter { token in
      table.hash(0, count: token.utf8.count, in: Array(token.utf8).span) & 0xFF == 0
    }
    try #require((40...128).contains(tokens.count))
    let pairs = tokens.count * (tokens.count - 1) / 2
    #expect(Self.probes(tokens, seed: seed) > pairs / 2)
    #expect(Self.probes(tokens) < pairs / 8)
  }
}
