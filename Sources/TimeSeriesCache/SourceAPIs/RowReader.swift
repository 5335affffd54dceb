import CacheSupport

/// One page of a source's answer, read row by row from its bytes.
///
/// The whole page is checked, and its rows are found, before the first of them is read: a page that is cut off, or lacks what
/// the description promises, gives no row.
struct RowReader: Sendable {
  private let source: SourceDescription
  private let redactor: Redactor
  private let body: [UInt8]
  private let layout: PageLayout
  private let row: PlaceTree
  /// Before the next row, or before the next element of each column.
  private var cursor: PageLayout.Data
  /// The values of the row that is being read.
  private var found: [PlaceTree.Found?]
  /// What was read so far.
  private(set) var tally: SourceTally

  /// The link to the next page, as the document has it; nil at the end.
  var next: String? { layout.next }
  /// True where the link's place is there, be it empty.
  var hasNext: Bool { layout.hasNext }

  /// Checks a page and finds its rows.
  ///
  /// - Throws: ``SourceError`` where nothing can be read: no JSON, no rows in their place, no offset in its place.
  ///
  /// - Parameter redactor: takes the source's key out of what errors quote.
  init(
    _ body: [UInt8], of source: SourceDescription, _ redactor: Redactor = Redactor(key: nil)
  ) throws(SourceError) {
    self.source = source
    self.redactor = redactor
    self.body = body
    layout = try PageLayout(body.span, source, redactor)
    cursor = layout.data
    row = PlaceTree(source.rowPlaces)
    found = Array(repeating: nil, count: row.count)
    tally = SourceTally(source)
  }

  /// The samples of the next rows, in their order.
  ///
  /// - Returns: at most as many as the limit; none at the page's end alone.
  /// - Throws: `JSONError`, which the check at the start rules out.
  mutating func next(_ limit: Int) throws(JSONError) -> [Sample] {
    var samples: [Sample] = []
    let body = body
    var reader = JSONReader(body.span)
    while samples.count < limit, try nextRow(&reader) {
      if let sample = sample(reader) {
        tally.add(sample.time)
        samples.append(sample)
      }
      tally.rows += 1
    }
    return samples
  }

  /// Finds the values of the next row; false at the end.
  private mutating func nextRow(_ reader: inout JSONReader) throws(JSONError) -> Bool {
    switch cursor {
    case .rows(let position):
      reader.seek(to: position)
      guard try reader.nextElement() else { return false }
      try row.find(in: &reader, &found)
      cursor = .rows(reader.position)
    case .columns(var positions):
      cursor = .columns([])
      defer { cursor = .columns(positions) }
      for (column, position) in positions.enumerated() {
        guard let position else { continue }
        reader.seek(to: position)
        guard try reader.nextElement() else { return false }
        found[column] = PlaceTree.Found(position: reader.position, token: try reader.token())
        positions[column] = reader.position
      }
    }
    return true
  }

  /// The row as a sample; nil for one without a value, and for one that cannot be read.
  private mutating func sample(_ reader: borrowing JSONReader) -> Sample? {
    let (source, redactor) = (source, redactor)
    guard let time = found[0]?.token else {
      fault(source.time, "holds no time")
      return nil
    }
    guard let milliseconds = source.timeFormat.milliseconds(time, in: reader, utcOffset: layout.utcOffset) else {
      fault(
        source.time, "'\(reader.excerpt(time, redactor))' is not a time in the format \(source.timeFormat.rawValue)")
      return nil
    }
    var measures: [Measure] = []
    measures.reserveCapacity(source.measures.count)
    for (index, measure) in source.measures.enumerated() {
      guard let token = found[index + 1]?.token else { continue }
      switch measure.type.read(token, in: reader) {
      case .value(let value):
        tally.measures[index].values += 1
        measures.append(Measure(measure.name, value))
      case .blank: tally.measures[index].blanks += 1
      case .unreadable:
        fault(measure.place, "'\(reader.excerpt(token, redactor))' is not a \(measure.type.rawValue)")
        return nil
      }
    }
    return measures.isEmpty ? nil : Sample(time: milliseconds, measures: measures)
  }

  private mutating func fault(_ place: JSONPointer, _ reason: @autoclosure () -> String) {
    let (source, row) = (source, tally.rows)
    tally.faults.add(SourceError(source.name, at: "answer \(Self.path(of: row, in: source))\(place)", reason()))
  }

  private static func path(of row: Int, in source: SourceDescription) -> String {
    switch source.layout {
    case .rows(let place): "\(place)/\(row)"
    case .columns(let place): "\(place), element \(row)"
    }
  }
}
