import CacheSupport

/// How two stores differ in one instant of a series.
package struct RowDifference: Sendable, Hashable, CustomStringConvertible {
  /// What differs.
  package enum Kind: Sendable, Hashable {
    /// The target does not have the row.
    case missing
    /// The source does not have the row.
    case extra
    /// Both have the row with other values: what each measure that differs is here and there, in words.
    case values([String])
  }

  package var series: Series
  /// Epoch milliseconds.
  package var time: Int64
  package var nanoseconds: Int32
  package var kind: Kind

  /// `greenwich 2026-01-01T00:00:00Z: is missing in the target`.
  package var description: String {
    let fraction = nanoseconds == 0 ? "" : " and \(nanoseconds) ns"
    let what =
      switch kind {
      case .missing: "is missing in the target"
      case .extra: "is only in the target"
      case .values(let words): words.joined(separator: "; ")
      }
    return "\(series) \(UTCTime(epochMilliseconds: time).iso8601Text)\(fraction): \(what)"
  }
}

/// Lays the rows of a source beside those of a target: a merge of two ordered streams, of which a page each is in memory.
struct SeriesComparison {
  /// An instant in which both have the same, or not.
  enum Finding {
    case same
    /// A row of the source that the target does not have, or has with other values.
    case missing(Sample)
    case differs(Sample, from: Sample)
    case extra(Sample)
  }

  private var walk: HistoryWalk
  private var page: [Sample] = []
  private var place = 0
  /// What the target bills, in bytes.
  private(set) var bytesMetered: Int64 = 0

  /// - Parameter walk: over the target, in the range that the rows of the source are all the rows of.
  init(_ walk: HistoryWalk) { self.walk = walk }

  /// Compares to the end of both.
  mutating func run(_ samples: [Sample], _ body: (Finding) -> Void) async throws(StoreError) {
    for sample in samples {
      var found: Sample?
      while let other = try await peek(), other.isBefore(sample) {
        body(.extra(other))
        place += 1
      }
      if let other = try await peek(), !sample.isBefore(other) {
        found = other
        place += 1
      }
      guard let found else {
        body(.missing(sample))
        continue
      }
      body(sample.hasSameMeasures(as: found) ? .same : .differs(sample, from: found))
    }
    while let other = try await peek() {
      body(.extra(other))
      place += 1
    }
  }

  private mutating func peek() async throws(StoreError) -> Sample? {
    while place >= page.count {
      guard let next = try await walk.next() else { return nil }
      bytesMetered += next.bytesMetered
      page = next.samples
      place = 0
    }
    return page[place]
  }
}

extension Sample {
  func isBefore(_ other: Sample) -> Bool { (time, nanoseconds) < (other.time, other.nanoseconds) }

  /// True where names, types and values are the same, bit for bit and byte for byte.
  func hasSameMeasures(as other: Sample) -> Bool {
    measures.count == other.measures.count
      && zip(measures, other.measures).allSatisfy {
        $0.name.hasSameBytes(as: $1.name) && $0.value.isIdentical(to: $1.value)
      }
  }

  /// What each measure that differs is here and there, in words.
  func differences(from other: Sample) -> [String] {
    let ours = Dictionary(measures.map { (ByteText($0.name), $0.value) }) { first, _ in first }
    let theirs = Dictionary(other.measures.map { (ByteText($0.name), $0.value) }) { first, _ in first }
    return Set(ours.keys).union(theirs.keys).sorted().compactMap { name in
      switch (ours[name], theirs[name]) {
      case (let one?, let two?) where one.isIdentical(to: two): nil
      case (let one, let two):
        "\(name.text) is \(one?.shown ?? "absent") in the source, \(two?.shown ?? "absent") in the target"
      }
    }
  }
}

extension MeasureValue {
  /// Compares doubles bit for bit and texts byte for byte: to Swift's `String` the two spellings of é are one.
  func isIdentical(to other: MeasureValue) -> Bool {
    switch (self, other) {
    case (.double(let one), .double(let two)): one.bitPattern == two.bitPattern
    case (.varchar(let one), .varchar(let two)): one.hasSameBytes(as: two)
    case (.bigint(let one), .bigint(let two)): one == two
    case (.boolean(let one), .boolean(let two)): one == two
    default: false
    }
  }

  /// The value with its type; of a long text the beginning.
  fileprivate var shown: String {
    switch self {
    case .double(let value): "the double \(JSONWriter.text(of: value))"
    case .bigint(let value): "the whole number \(value)"
    case .boolean(let value): "\(value)"
    case .varchar(let text):
      text.unicodeScalars.count > 60
        ? "the text \(JSON.string(String(String.UnicodeScalarView(text.unicodeScalars.prefix(60)))).text)… of \(text.utf8.count) bytes"
        : "the text \(JSON.string(text).text)"
    }
  }
}
