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
  /// The time of rows that have none.
  private let fetchTime: Int64
  /// Of a row's values, where the measures begin: after the time, if there is one.
  private let firstMeasure: Int
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
  /// - Parameters:
  ///   - redactor: takes the source's key out of what errors quote.
  ///   - fetchTime: of rows that have no time, epoch milliseconds.
  init(
    _ body: [UInt8], of source: SourceDescription, _ redactor: Redactor = Redactor(key: nil), fetchTime: Int64 = 0
  ) throws(SourceError) {
    self.source = source
    self.fetchTime = fetchTime
    firstMeasure = source.time == nil ? 0 : 1
    self.redactor = redactor
    self.body = body
    layout = try PageLayout(body.span, source, redactor)
    cursor = layout.data
    row = PlaceTree(source.rowPlaces)
    found = Array(repeating: nil, count: row.count)
    tally = SourceTally(source)
  }

  /// The samples of the next rows, in their order, where all are of one series.
  ///
  /// - Returns: at most as many as the limit; none at the page's end alone.
  /// - Throws: `JSONError`, which the check at the start rules out.
  mutating func next(_ limit: Int) throws(JSONError) -> [Sample] {
    var index = RowIndex()
    return try next(limit, &index).samples
  }

  /// The same, and the number of each sample's series; of one series alone there are no numbers.
  mutating func next(
    _ limit: Int, _ index: inout RowIndex
  ) throws(JSONError) -> (samples: [Sample], numbers: [Int]) {
    var samples: [Sample] = []
    var numbers: [Int] = []
    let tags = index.places
    let body = body
    var reader = JSONReader(body.span)
    while samples.count < limit, try nextRow(&reader) {
      if let sample = sample(reader) {
        if tags.isEmpty {
          tally.add(sample.time)
          samples.append(sample)
        } else if let number = number(tags, reader, &index) {
          tally.add(sample.time)
          samples.append(sample)
          numbers.append(number)
        }
      }
      tally.rows += 1
    }
    return (samples, numbers)
  }

  /// The number of the row's series; nil for a row whose tags cannot be read.
  private mutating func number(
    _ places: [SourceDescription.RowSeries.TagPlace], _ reader: borrowing JSONReader, _ index: inout RowIndex
  ) -> Int? {
    var tags: [SeriesKey.Tag] = []
    tags.reserveCapacity(places.count)
    let first = firstMeasure + source.measures.count
    for (offset, place) in places.enumerated() {
      do throws(SourceDescription.RowSeries.TagPlace.Failure) {
        tags.append(try place.read(found[first + offset]?.token, in: reader, redactor))
      } catch {
        fault(place.place, error.reason)
        return nil
      }
    }
    do throws(RowIndex.Failure) { return try index.number(tags) } catch {
      fault(nil, error.reason)
      return nil
    }
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
    let (source, redactor, first) = (source, redactor, firstMeasure)
    let milliseconds = time(reader)
    // All of the row is looked at, so that no place counts as mistyped because of another; the first fault alone is told.
    var isReadable = milliseconds != nil
    var measures: [Measure] = []
    measures.reserveCapacity(source.measures.count)
    for (index, measure) in source.measures.enumerated() {
      guard let token = found[first + index]?.token else { continue }
      switch measure.type.read(token, in: reader) {
      case .value(let value):
        tally.measures[index].values += 1
        measures.append(Measure(measure.name, value))
      case .blank: tally.measures[index].blanks += 1
      case .unreadable:
        let type = "a \(measure.type.rawValue)"
        tally.measures[index].addUnreadable(Self.refusal(of: token, reader, redactor, type))
        if isReadable { fault(measure.place, Self.refusal(of: token, reader, redactor, type)) }
        isReadable = false
      }
    }
    guard isReadable, let milliseconds else {
      loseValues(reader)
      return nil
    }
    guard !measures.isEmpty else { return nil }
    // Rows that make series of their own are kept to the nanosecond, as what is written is.
    let fine = source.series == nil || source.time == nil ? nil : found[0]?.token
    return Sample(
      time: milliseconds, nanoseconds: fine.map { source.timeFormat.nanoseconds($0, in: reader) } ?? 0,
      measures: measures)
  }

  /// The values of a row that cannot be read were there, and are not read.
  private mutating func loseValues(_ reader: borrowing JSONReader) {
    for (index, measure) in source.measures.enumerated() {
      guard let token = found[firstMeasure + index]?.token else { continue }
      if case .value = measure.type.read(token, in: reader) { tally.measures[index].loseValue() }
    }
  }

  /// The row's time; nil where it has none that can be read.
  private mutating func time(_ reader: borrowing JSONReader) -> Int64? {
    guard let place = source.time else { return fetchTime }
    guard let token = found[0]?.token else {
      fault(place, "holds no time")
      return nil
    }
    let (format, redactor) = (source.timeFormat, redactor)
    guard let milliseconds = format.milliseconds(token, in: reader, utcOffset: layout.utcOffset) else {
      let type = "a time in the format \(format.rawValue)"
      tally.time?.addUnreadable(Self.refusal(of: token, reader, redactor, type))
      fault(place, Self.refusal(of: token, reader, redactor, type))
      return nil
    }
    tally.time?.values += 1
    return milliseconds
  }

  /// Why a value cannot be read as what it should be.
  private static func refusal(
    of token: JSONToken, _ reader: borrowing JSONReader, _ redactor: Redactor, _ type: String
  ) -> String { "'\(reader.excerpt(token, redactor))' is not \(type)" }

  /// - Parameter place: in the row; nil for the row as a whole.
  private mutating func fault(_ place: JSONPointer?, _ reason: @autoclosure () -> String) {
    let (source, row) = (source, tally.rows)
    tally.faults.add(
      SourceError(source.name, at: "answer \(Self.path(of: row, in: source))\(place?.description ?? "")", reason()))
  }

  private static func path(of row: Int, in source: SourceDescription) -> String {
    switch source.layout {
    case .rows(let place): "\(place)/\(row)"
    case .columns(let place): "\(place), element \(row)"
    }
  }
}
