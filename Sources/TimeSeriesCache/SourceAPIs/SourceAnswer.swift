import CacheSupport

/// One page of a source's answer, understood.
public struct SourceAnswer: Sendable, Hashable {
  /// In the source's order; a row without any value is none.
  public var samples: [Sample] = []
  /// Rows that could not be read: the others are none the worse for it.
  public var faults: [SourceError] = []
  /// The link to the next page, as the document has it.
  public var next: String?

  /// Reads a document as the description says.
  ///
  /// - Throws: ``SourceError`` where nothing can be read: no JSON, no rows at their place, every row broken.
  public init(parsing body: [UInt8], _ source: SourceDescription) throws(SourceError) {
    let document: JSON
    do throws(JSONError) { document = try JSON(parsing: body) } catch {
      throw SourceError(source.name, at: "answer", "is not JSON: \(error)")
    }
    var offset = 0
    if let place = source.utcOffset, let value = place.value(in: document) {
      guard let seconds = value.int, (-86_400...86_400).contains(seconds) else {
        throw SourceError(source.name, at: place.description, "'\(value.text)' is no offset from UTC in seconds")
      }
      offset = seconds
    }
    switch source.layout {
    case .rows(let place): try readRows(place, document, source, offset)
    case .columns(let place): try readColumns(place, document, source, offset)
    }
    if samples.isEmpty, let first = faults.first { throw first }
    switch source.next?.value(in: document) {
    case .string(let link)? where !link.isEmpty: next = link
    default: next = nil
    }
  }

  private mutating func readRows(
    _ place: JSONPointer, _ document: JSON, _ source: SourceDescription, _ offset: Int
  ) throws(SourceError) {
    guard let rows = place.value(in: document)?.array else {
      throw SourceError(source.name, at: "answer \(place)", "holds no array of rows")
    }
    samples.reserveCapacity(rows.count)
    for (index, row) in rows.enumerated() {
      read(source, offset, at: "\(place)/\(index)") { pointer in pointer.value(in: row) }
    }
  }

  private mutating func readColumns(
    _ place: JSONPointer, _ document: JSON, _ source: SourceDescription, _ offset: Int
  ) throws(SourceError) {
    guard let columns = place.value(in: document), columns.object != nil else {
      throw SourceError(source.name, at: "answer \(place)", "holds no object of columns")
    }
    guard let times = source.time.value(in: columns)?.array else {
      throw SourceError(source.name, at: "answer \(place)\(source.time)", "holds no array of times")
    }
    var arrays: [JSONPointer: [JSON]] = [source.time: times]
    for measure in source.measures {
      guard let array = measure.place.value(in: columns)?.array else { continue }
      guard array.count == times.count else {
        throw SourceError(
          source.name, at: "answer \(place)\(measure.place)", "has \(array.count) values for \(times.count) times")
      }
      arrays[measure.place] = array
    }
    if arrays.count == 1 {
      throw SourceError(source.name, at: "answer \(place)", "holds none of the measures' arrays")
    }
    samples.reserveCapacity(times.count)
    for index in times.indices {
      read(source, offset, at: "\(place), element \(index)") { pointer in arrays[pointer]?[index] }
    }
  }

  private mutating func read(
    _ source: SourceDescription, _ offset: Int, at place: String, _ value: (JSONPointer) -> JSON?
  ) {
    func fault(_ pointer: JSONPointer, _ reason: String) -> SourceError {
      SourceError(source.name, at: "answer \(place)\(pointer)", reason)
    }
    guard let time = value(source.time) else { return faults.append(fault(source.time, "holds no time")) }
    guard let milliseconds = source.timeFormat.milliseconds(time, utcOffset: offset) else {
      return faults.append(
        fault(source.time, "'\(time.text.prefix(60))' is no time in the format \(source.timeFormat.rawValue)"))
    }
    var measures: [Measure] = []
    for measure in source.measures {
      guard let found = value(measure.place), !found.isNull else { continue }
      guard let read = measure.type.value(found) else {
        return faults.append(fault(measure.place, "'\(found.text.prefix(60))' is no \(measure.type.rawValue)"))
      }
      measures.append(Measure(measure.name, read))
    }
    if !measures.isEmpty { samples.append(Sample(time: milliseconds, measures: measures)) }
  }
}

extension SourceDescription.MeasureType {
  /// A JSON value as this type; numbers may be text.
  fileprivate func value(_ json: JSON) -> MeasureValue? {
    switch (self, json) {
    case (.double, .number(let text)), (.double, .string(let text)): Double(text).flatMap { MeasureValue.finite($0) }
    case (.bigint, .number): json.int64.map { .bigint($0) }
    case (.bigint, .string(let text)): Int64(text).map { .bigint($0) }
    case (.varchar, .string(let text)): (1...2048).contains(text.utf8.count) ? .varchar(text) : nil
    case (.varchar, .number(let text)): text.utf8.count <= 2048 ? .varchar(text) : nil
    case (.boolean, .bool(let flag)): .boolean(flag)
    case (.boolean, .string("true")): .boolean(true)
    case (.boolean, .string("false")): .boolean(false)
    default: nil
    }
  }
}
