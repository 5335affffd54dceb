package import CacheSupport

extension SourceReport {
  /// The longest text of the report's JSON, in bytes: a sample may have megabytes.
  static let textBytes: Int = 2000

  /// For a page that shows it. Times are epoch milliseconds; `page` 0 is the request before the pages; `next` is null where there is
  /// nothing to say of it, and `lackingTime` where all rows have a time that can be read.
  package var json: JSON {
    let asked = (first.map { [$0] } ?? []) + pages
    return [
      "source": .string(source), "from": .integer(window.from), "to": .integer(window.to),
      "asked": .array(
        asked.map { page in
          [
            "page": .integer(page.number), "url": .string(Self.cut(page.url)),
            "status": page.status.map { .integer($0) } ?? .null, "bytes": page.bytes.map { .integer($0) } ?? .null,
            "milliseconds": page.milliseconds.map { .integer($0) } ?? .null,
          ]
        }),
      "values": .array(firstValues.map { ["name": .string($0.name), "value": .string(Self.cut($0.value))] }),
      "pages": .integer(pagesRead), "rows": .integer(tally.rows), "samples": .integer(tally.samples),
      "series": .array(series.map { .string(Self.cut($0)) }), "seriesCount": .integer(seriesCount),
      "first": firstSample.map { .string(Self.cut($0)) } ?? .null,
      "last": lastSample.map { .string(Self.cut($0)) } ?? .null,
      // Where there was no row to look in, nothing can be said of them.
      "measures": .array(tally.rows == 0 ? [] : tally.measures.map { $0.json }),
      "lackingTime": tally.lackingTime?.json ?? .null,
      "next": hasNext.map { .bool($0) } ?? .null,
      "faults": .array(tally.faults.elements.map { $0.json }), "faultCount": .integer(tally.faults.count),
      "failure": untoldFailure?.json ?? .null, "isGood": .bool(isGood),
    ]
  }

  static func cut(_ text: String) -> String {
    guard text.utf8.count > textBytes else { return text }
    var part = String(decoding: text.utf8.prefix(textBytes), as: UTF8.self)
    // Half a character at the cut.
    while part.last == "\u{FFFD}" { part.removeLast() }
    return part + " …"
  }
}

extension SourceTally.Presence {
  fileprivate var json: JSON {
    [
      "name": .string(name), "values": .integer(values + lost), "blanks": .integer(blanks),
      "unreadable": .integer(unreadable), "reason": reason.map { .string(SourceReport.cut($0)) } ?? .null,
      "isFound": .bool(isFound),
    ]
  }
}

extension SourceError {
  fileprivate var json: JSON {
    ["place": .string(SourceReport.cut(place)), "reason": .string(SourceReport.cut(reason))]
  }
}
