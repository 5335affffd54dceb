import CacheSupport
import Compression

/// The rows of a chunk as bytes, which are read together with the head.
///
/// What the columns are like comes first, then what they hold: so each column can have a code of its own when it is deflated.
enum ChunkRowsCodec {
  private enum Kind {
    static let double: UInt8 = 0
    static let bigint: UInt8 = 1
    static let text: UInt8 = 2
    static let boolean: UInt8 = 3
  }

  /// How the rows that have a value are written.
  private enum Presence {
    static let all: UInt8 = 0
    static let bitmap: UInt8 = 1
    static let list: UInt8 = 2
  }

  /// Says that the measure has another column, of another type.
  private static let another: UInt8 = 16

  static func write(_ chunk: Chunk) -> [UInt8] {
    var (meta, data, parts) = (ChunkWriter(), [UInt8](), [Deflate.Part]())
    let block = chunk.block
    let first = block.times.first ?? 0
    meta.bytes.append(block.nanoseconds == nil ? 0 : 1)
    ChunkIntegers.write(block.times.map { $0 &- first }, to: &meta, &data)
    if let nanoseconds = block.nanoseconds { ChunkIntegers.write(nanoseconds.map(Int64.init), to: &meta, &data) }
    meta.count(chunk.versions.count)
    ChunkIntegers.write(chunk.versions.map { $0.version &- first }, to: &meta, &data)
    ChunkIntegers.write(
      zip([0] + chunk.versions.map(\.end), chunk.versions).dropLast().map { Int64($1.end - $0) }, to: &meta, &data)
    for measure in block.measures {
      for (place, column) in measure.columns.enumerated() {
        parts.append(Deflate.Part(end: data.count))
        let more = place + 1 < measure.columns.count ? another : 0
        write(column, more, of: chunk.count, to: &meta, &data, &parts)
      }
    }
    var body = ChunkWriter()
    body.count(meta.bytes.count)
    body.bytes += meta.bytes
    let start = body.bytes.count
    // A code costs tens of bytes: what has fewer shares one.
    var kept = [Deflate.Part(end: start)]
    for part in parts where start + part.end - kept[kept.count - 1].end >= leastPart {
      kept.append(Deflate.Part(end: start + part.end, part.content))
    }
    return ChunkFrame.pack(body.bytes + data, parts: kept)
  }

  /// Bytes from which on a part has a code of its own.
  private static let leastPart = 128

  private static func write(
    _ column: ValueColumn, _ more: UInt8, of count: Int, to meta: inout ChunkWriter, _ data: inout [UInt8],
    _ parts: inout [Deflate.Part]
  ) {
    let kind =
      switch column.values {
      case .doubles: Kind.double
      case .bigints: Kind.bigint
      case .texts: Kind.text
      case .booleans: Kind.boolean
      }
    if let rows = column.rows {
      // A bitmap has a byte for eight rows, a list about one for each value.
      if rows.count < count / 8 {
        meta.bytes.append(kind | Presence.list << 2 | more)
        meta.count(rows.count)
        ChunkIntegers.write(rows.map(Int64.init), to: &meta, &data)
      } else {
        meta.bytes.append(kind | Presence.bitmap << 2 | more)
        var bitmap = [UInt8](repeating: 0, count: (count + 7) / 8)
        for row in rows { bitmap[Int(row / 8)] |= 1 << UInt8(row & 7) }
        data += bitmap
      }
      parts.append(Deflate.Part(end: data.count))
    } else {
      meta.bytes.append(kind | more)
    }
    switch column.values {
    case .doubles(let values): ChunkDoubles.write(values, to: &meta, &data, &parts)
    case .bigints(let values): ChunkIntegers.write(values, to: &meta, &data)
    case .texts(let texts, let places):
      meta.count(texts.count)
      ChunkIntegers.write(texts.map { Int64($0.utf8.count) }, to: &meta, &data)
      for text in texts { data.append(contentsOf: text.utf8) }
      parts.append(Deflate.Part(end: data.count))
      ChunkIntegers.write(places.map(Int64.init), to: &meta, &data)
    case .booleans(let values):
      var bitmap = [UInt8](repeating: 0, count: (values.count + 7) / 8)
      for (index, value) in values.enumerated() where value { bitmap[index / 8] |= 1 << UInt8(index & 7) }
      data += bitmap
    }
  }

  static func read(_ bytes: [UInt8], _ head: ChunkHeadCodec.Ordered) throws(ChunkError) -> Chunk {
    let body = try ChunkFrame.unpack(bytes)
    var reader = ChunkReader(body)
    let range = try reader.range(try reader.count(upTo: body.count, "bytes of columns"))
    var meta = ChunkReader(body, in: range)
    var data = ChunkReader(body, in: range.upperBound..<body.count)
    var block = SeriesBlock()
    guard let span = head.times else { throw ChunkError("there are rows, but no times") }
    let flags = try meta.byte()
    guard flags < 2 else { throw ChunkError("\(flags) are no flags of rows") }
    block.times = try ChunkIntegers.read(head.count, from: &meta, &data).map { $0 &+ span.from }
    if flags == 1 { block.nanoseconds = try nanoseconds(head.count, from: &meta, &data) }
    try check(block, span)
    let versions = try versions(of: head.count, from: &meta, &data).map {
      Chunk.VersionRun(version: $0.version &+ span.from, end: $0.end)
    }
    var left = ChunkLimits.values
    // Which measure a row was last seen with, to find one that has two values of it.
    var seen: [Int32] = []
    block.measures.reserveCapacity(head.measures.count)
    for (place, (name, _)) in head.measures.enumerated() {
      var measure = MeasureColumns(name: name, columns: [])
      var before = -1
      var method: UInt8
      repeat {
        method = try meta.byte()
        guard Int(method & 3) > before else { throw ChunkError("the types of a measure are not in order") }
        before = Int(method & 3)
        let column = try column(method & ~another, of: head.count, left: &left, from: &meta, &data)
        if !measure.columns.isEmpty || method & another != 0 {
          guard let rows = column.rows else { throw ChunkError("a row has two values of a measure") }
          if seen.isEmpty { seen = Array(repeating: -1, count: head.count) }
          for row in rows {
            guard seen[Int(row)] != place else { throw ChunkError("a row has two values of a measure") }
            seen[Int(row)] = Int32(truncatingIfNeeded: place)
          }
        }
        measure.columns.append(column)
      } while method & another != 0
      block.measures.append(measure)
    }
    try meta.finish()
    try data.finish()
    return Chunk(block: block, versions: versions)
  }

  private static func nanoseconds(
    _ count: Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> [Int32] {
    let values = try ChunkIntegers.read(count, from: &meta, &data)
    guard values.allSatisfy({ 0..<1_000_000 ~= $0 }) else { throw ChunkError("nanoseconds pass a millisecond") }
    return values.map { Int32(truncatingIfNeeded: $0) }
  }

  private static func check(_ block: SeriesBlock, _ span: TimeRange) throws(ChunkError) {
    guard block.times.first == span.from, block.times.last == span.to else {
      throw ChunkError("the times are not those of the head")
    }
    for (index, (one, other)) in zip(block.times, block.times.dropFirst()).enumerated() where one >= other {
      guard one == other, let nanoseconds = block.nanoseconds, nanoseconds[index] < nanoseconds[index + 1] else {
        throw ChunkError("the times are not in order")
      }
    }
  }

  private static func versions(
    of count: Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> [Chunk.VersionRun] {
    let runs = try meta.count(upTo: count, "versions")
    guard runs > 0 else { throw ChunkError("the rows have no version") }
    let versions = try ChunkIntegers.read(runs, from: &meta, &data)
    var end = 0
    var ends: [Int] = []
    for length in try ChunkIntegers.read(runs - 1, from: &meta, &data) {
      guard length > 0, length < Int64(count - end) else { throw ChunkError("the versions are not those of the rows") }
      end += Int(length)
      ends.append(end)
    }
    return zip(versions, ends + [count]).map { Chunk.VersionRun(version: $0, end: $1) }
  }

  private static func column(
    _ method: UInt8, of rows: Int, left: inout Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> ValueColumn {
    let present = try presence(method >> 2, of: rows, from: &meta, &data)
    let count = present?.count ?? rows
    guard count <= left else { throw ChunkError("there are more than \(ChunkLimits.values) values") }
    left -= count
    switch method & 3 {
    case Kind.double:
      return ValueColumn(rows: present, values: .doubles(try ChunkDoubles.read(count, from: &meta, &data)))
    case Kind.bigint:
      return ValueColumn(rows: present, values: .bigints(try ChunkIntegers.read(count, from: &meta, &data)))
    case Kind.text: return ValueColumn(rows: present, values: try texts(count, from: &meta, &data))
    default:
      let bitmap = try data.range((count + 7) / 8)
      return ValueColumn(
        rows: present,
        values: .booleans(
          (0..<count).map { index in data.bytes[bitmap.lowerBound + index / 8] >> UInt8(index & 7) & 1 == 1 }))
    }
  }

  private static func presence(
    _ method: UInt8, of rows: Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> [Int32]? {
    var present: [Int32] = []
    switch method {
    case Presence.all: return nil
    case Presence.bitmap:
      let bitmap = try data.range((rows + 7) / 8)
      for row in 0..<rows where data.bytes[bitmap.lowerBound + row / 8] >> UInt8(row & 7) & 1 == 1 {
        present.append(Int32(truncatingIfNeeded: row))
      }
    case Presence.list:
      let count = try meta.count(upTo: rows, "rows of a column")
      var last: Int64 = -1
      for row in try ChunkIntegers.read(count, from: &meta, &data) {
        guard row > last, row < rows else { throw ChunkError("the rows of a column are not in order") }
        present.append(Int32(truncatingIfNeeded: row))
        last = row
      }
    default: throw ChunkError("\(method) does not say which rows have a value")
    }
    guard !present.isEmpty else { throw ChunkError("a column has no values") }
    return present
  }

  private static func texts(
    _ count: Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> ColumnValues {
    let entries = try meta.count(upTo: count, "texts")
    var texts: [String] = []
    texts.reserveCapacity(entries)
    for length in try ChunkIntegers.read(entries, from: &meta, &data) {
      texts.append(try data.text(Int(truncatingIfNeeded: length)))
    }
    let places = try ChunkIntegers.read(count, from: &meta, &data)
    guard places.allSatisfy({ 0..<Int64(entries) ~= $0 }) else { throw ChunkError("a value is none of the texts") }
    return .texts(texts, places.map { Int32(truncatingIfNeeded: $0) })
  }
}
