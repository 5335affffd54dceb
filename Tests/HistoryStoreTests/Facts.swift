@testable import TimeSeriesCache

/// What a store cannot do, or does otherwise than the others: what its tests expect, and the table of `docs/history-stores.md`.
struct Facts: Sendable {
  enum Crossing: String, Sendable {
    case newestStays = "the newer stays"
    case lastArrivalStays = "**the last to arrive stays**, until the newer is delivered again"
  }

  /// An older and a newer write of one instant at the same moment.
  var crossing = Crossing.newestStays
  /// How the same rows with the same version count when they come once more: as stored, or as superseded.
  var countsRepeatsAsStored = false
  /// Which unusual samples are taken; the others are rejected.
  var takes: Set<Limit> = Set(Limit.allCases)
  /// Whether a measure may have another type than the series' rows before.
  var takesOtherTypes = true
  /// Whether a name may end in a backslash.
  var takesLastBackslash = true
  /// Whether a written series and one of a source may have the same identifier.
  var keepsWrittenApart = true
  /// Whether the clock of the process that reads tells what its retention has passed of, or the server's own.
  var ownClockDecides = false
  /// Whether answers say what is billed for them.
  var isMetered = true

  static func of(_ kind: StoreKind) -> Facts {
    var facts = Facts()
    switch kind {
    case .timestream:
      facts.countsRepeatsAsStored = true
      facts.takes = [.nameWithControl, .nameWithBackslash]
      facts.takesOtherTypes = false
    case .dynamodb:
      facts.keepsWrittenApart = false
      facts.ownClockDecides = true
    case .influxdb:
      facts.crossing = .lastArrivalStays
      facts.takes.subtract([.nameOfTime, .nameWithControl, .nameWithBackslash, .after2262])
      facts.takesOtherTypes = false
      facts.takesLastBackslash = false
      facts.isMetered = false
    }
    return facts
  }

  /// The table of the documentation, line by line.
  static var table: [String] {
    let taken = { (isTaken: Bool) in isTaken ? "taken" : "**rejected**" }
    var rows: [(behaviour: String, cell: (Facts) -> String)] = [
      ("An older and a newer write of one instant at the same moment", { $0.crossing.rawValue }),
      (
        "The same rows with the same version once more count as", { $0.countsRepeatsAsStored ? "stored" : "superseded" }
      ),
      ("A value of another type than the measure's values before", { taken($0.takesOtherTypes) }),
    ]
    for limit in Limit.allCases { rows.append((limit.rawValue, { taken($0.takes.contains(limit)) })) }
    rows += [
      ("An identifier that ends in a backslash", { taken($0.takesLastBackslash) }),
      (
        "A source's series and a written one of the same identifier",
        { $0.keepsWrittenApart ? "two series" : "**one series**" }
      ),
      (
        "Rows whose retention has passed since they were written",
        { $0.ownClockDecides ? "never served, by the reader's clock" : "deleted by the server, by its clock" }
      ),
      ("What a query is billed", { $0.isMetered ? "reported with its answer" : "nothing is billed; reported as 0" }),
    ]
    let kinds = StoreKind.everyKind
    var lines = [
      "| | \(kinds.map { "`\($0.rawValue)`" }.joined(separator: " | ")) |",
      "|---|\(kinds.map { _ in "---|" }.joined())",
    ]
    for row in rows {
      lines.append("| \(row.behaviour) | \(kinds.map { row.cell(Facts.of($0)) }.joined(separator: " | ")) |")
    }
    return lines
  }
}

/// Samples that not every store takes.
enum Limit: String, CaseIterable, Sendable {
  case emptyText = "An empty text"
  case longText = "A text of 2,049 bytes"
  case manyTexts = "Texts of more than 2,048 bytes in a row"
  case manyMeasures = "257 measures in a row"
  case longName = "A measure's name of 257 bytes"
  case nameOfTime = "A measure called `time`"
  case nameWithColon = "A measure's name with a colon"
  case nameWithControl = "A measure's name with a control character"
  case nameWithBackslash = "A measure's name that ends in a backslash"
  case before1970 = "A time before 1970"
  case after2262 = "A time after 2262-04-11"

  static let samples: [(Limit, [Sample])] = Limit.allCases.map { limit in
    func named(_ name: String) -> [Sample] { [row(8, [name: .double(1)])] }
    func at(_ time: Int64) -> [Sample] { [Sample(time: time, measures: [Measure("v", .double(1))])] }
    let samples: [Sample] =
      switch limit {
      case .emptyText: [row(8, ["t": .varchar("")])]
      case .longText: [row(8, ["t": .varchar(String(repeating: "x", count: 2049))])]
      case .manyTexts:
        [
          row(
            8,
            [
              "t": .varchar(String(repeating: "x", count: 2000)), "u": .varchar(String(repeating: "y", count: 49)),
            ])
        ]
      case .manyMeasures:
        [Sample(time: row(8, 0).time, measures: (0..<257).map { Measure("m\(1000 + $0)", .double(1)) })]
      case .longName: named(String(repeating: "n", count: 257))
      case .nameOfTime: named("time")
      case .nameWithColon: named("a:b")
      case .nameWithControl: named("line\nline")
      case .nameWithBackslash: named(#"ends in \"#)
      case .before1970: at(-1)
      case .after2262: at(9_223_372_036_855)
      }
    return (limit, samples)
  }
}
