import CacheSupport

/// Where a page of a source's answer holds what the description names.
struct PageLayout: Sendable {
  /// Where the rows begin.
  enum Data: Sendable {
    /// Before the array's first row.
    case rows(JSONReader.Position)
    /// Before the first element of the times and of each measure; nil for an array that the page does not have.
    case columns([JSONReader.Position?])
  }

  let data: Data
  /// Seconds east of UTC, for times without a zone.
  let utcOffset: Int
  /// The link to the next page, as the document has it; nil at the end.
  let next: String?
  /// True where the link's place is there, be it empty.
  let hasNext: Bool

  /// Passes over a whole page and checks it.
  ///
  /// - Throws: ``SourceError`` for what is not JSON, and where the rows, their columns or the offset are not in their places.
  init(_ body: Span<UInt8>, _ source: SourceDescription, _ redactor: Redactor) throws(SourceError) {
    let data: [JSONPointer] =
      switch source.layout {
      case .rows(let place): [place]
      case .columns(let place): source.rowPlaces.map { place.appending($0) }
      }
    let extras = [source.utcOffset, source.next].compactMap(\.self)
    var found: [PlaceTree.Found?] = Array(repeating: nil, count: data.count + extras.count)
    var reader = JSONReader(body)
    do throws(JSONError) {
      try PlaceTree(data + extras).find(in: &reader, &found)
      try reader.end()
    } catch { throw SourceError(source.name, at: "answer", "is not JSON: \(error)") }
    utcOffset =
      try source.utcOffset.map { place throws(SourceError) in
        try Self.utcOffset(found[data.count], at: place, reader, source, redactor)
      } ?? 0
    let link = source.next == nil ? nil : found.last ?? nil
    hasNext = link != nil
    next = try source.next.flatMap { place throws(SourceError) in
      try Self.next(link, at: place, reader, source, redactor)
    }
    switch source.layout {
    case .rows(let place): self.data = .rows(try Self.rows(found[0], at: place, &reader, source))
    case .columns(let place):
      self.data = .columns(try Self.columns(found.prefix(data.count), in: place, &reader, source))
    }
  }

  private static func utcOffset(
    _ found: PlaceTree.Found?, at place: JSONPointer, _ reader: borrowing JSONReader, _ source: SourceDescription,
    _ redactor: Redactor
  ) throws(SourceError) -> Int {
    guard let token = found?.token, token.kind != .null else {
      throw SourceError(source.name, at: "answer \(place)", "is not there: time/utcOffset of the description names it")
    }
    guard token.kind == .number, let seconds = reader.int64(token), (-86_400...86_400).contains(seconds) else {
      throw SourceError(
        source.name, at: "answer \(place)", "'\(reader.excerpt(token, redactor))' is not an offset from UTC in seconds")
    }
    return Int(seconds)
  }

  /// Null, false and an empty text say that there is no further page.
  private static func next(
    _ found: PlaceTree.Found?, at place: JSONPointer, _ reader: borrowing JSONReader, _ source: SourceDescription,
    _ redactor: Redactor
  ) throws(SourceError) -> String? {
    guard let token = found?.token, token.kind != .null, reader.bool(token) != false else { return nil }
    guard token.kind == .string, let link = try? reader.text(token) else {
      throw SourceError(
        source.name, at: "next \(place)", "'\(reader.excerpt(token, redactor))' is not a link to the next page")
    }
    return link.isEmpty ? nil : link
  }

  private static func rows(
    _ found: PlaceTree.Found?, at place: JSONPointer, _ reader: inout JSONReader, _ source: SourceDescription
  ) throws(SourceError) -> JSONReader.Position {
    guard let found, let position = reader.start(ofArray: found) else {
      throw SourceError(source.name, at: "answer \(place)", "holds no array of rows")
    }
    return position
  }

  /// The times' column comes first, then the measures'.
  private static func columns(
    _ found: ArraySlice<PlaceTree.Found?>, in place: JSONPointer, _ reader: inout JSONReader,
    _ source: SourceDescription
  ) throws(SourceError) -> [JSONReader.Position?] {
    var positions: [JSONReader.Position?] = []
    var count = 0
    for (column, pointer) in zip(found, source.rowPlaces) {
      guard let column, let position = reader.start(ofArray: column) else {
        guard !positions.isEmpty else {
          throw SourceError(source.name, at: "answer \(place)\(pointer)", "holds no array of times")
        }
        positions.append(nil)
        continue
      }
      let elements = reader.elementCount(from: position)
      if positions.isEmpty { count = elements }
      guard elements == count else {
        throw SourceError(source.name, at: "answer \(place)\(pointer)", "has \(elements) values for \(count) times")
      }
      positions.append(position)
    }
    guard positions.contains(where: { $0 != nil }), positions.dropFirst().contains(where: { $0 != nil }) else {
      throw SourceError(source.name, at: "answer \(place)", "holds none of the measures' arrays")
    }
    return positions
  }
}

extension JSONReader {
  /// Before the first element of an array that was found; nil for any other value.
  @_lifetime(self: copy self)
  fileprivate mutating func start(ofArray found: PlaceTree.Found) -> Position? {
    guard found.token.kind == .array else { return nil }
    seek(to: found.position)
    do { try beginArray() } catch { return nil }
    return position
  }

  /// How many elements follow in an array that was checked before.
  @_lifetime(self: copy self)
  fileprivate mutating func elementCount(from position: Position) -> Int {
    seek(to: position)
    var count = 0
    while (try? nextElement()) ?? false, (try? skip()) != nil { count += 1 }
    return count
  }

  /// A value as it is written, to be quoted in an error: its beginning, without the key.
  func excerpt(_ token: JSONToken, _ redactor: Redactor) -> String {
    let text = (try? self.text(token)) ?? ""
    return redactor.excerpt(token.kind == .string ? JSON.string(text).text : text)
  }
}
