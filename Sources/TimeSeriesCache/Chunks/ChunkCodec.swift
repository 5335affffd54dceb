package import CacheSupport
import Compression

/// The bytes of a chunk: a head, and its rows.
package struct PackedChunk: Sendable, Hashable {
  package var head: [UInt8]
  /// Read together with its head, which has the names of the measures; empty where there are no rows.
  package var rows: [UInt8]

  package init(head: [UInt8], rows: [UInt8]) {
    self.head = head
    self.rows = rows
  }
}

/// What the rows of a chunk are like.
package struct ChunkHead: Sendable, Hashable {
  /// How many rows there are.
  package var count: Int
  /// Their earliest and latest time; nil where there are none.
  package var times: TimeRange?
  /// By name, what a bin needs of each measure: without ``MeasureTally/increase``.
  package var measures: [ByteText: MeasureTally]
}

/// Packs rows into bytes, and back; see `docs/history-format.md`.
///
/// Doubles come back bit for bit. The bytes depend on the rows alone.
package enum ChunkCodec {
  /// - Parameter rows: ascending by instant, none twice; as many as ``ChunkLimits/allow(_:)`` says, or nobody reads them.
  package static func pack(_ rows: [ChunkRow]) -> PackedChunk { pack(Chunk(rows)) }

  /// - Parameter chunk: as ``Chunk/init(_:)`` or ``decode(_:)`` makes it.
  package static func pack(_ chunk: Chunk) -> PackedChunk {
    let head = Self.head(of: chunk)
    return PackedChunk(
      head: ChunkFrame.pack(ChunkHeadCodec.write(head), parts: []),
      rows: chunk.count == 0 ? [] : ChunkRowsCodec.write(chunk))
  }

  /// - Throws: ``ChunkError`` for bytes that ``pack(_:)`` does not make.
  package static func unpackHead(_ bytes: [UInt8]) throws(ChunkError) -> ChunkHead {
    let head = try orderedHead(bytes)
    return ChunkHead(
      count: head.count, times: head.times,
      measures: Dictionary(head.measures.map { (ByteText($0.name), $0.tally) }) { first, _ in first })
  }

  /// - Throws: ``ChunkError`` for bytes that ``pack(_:)`` does not make.
  package static func unpack(_ packed: PackedChunk) throws(ChunkError) -> [ChunkRow] { try decode(packed).allRows() }

  /// The rows in columns, of which a range can be read without the others.
  ///
  /// - Throws: ``ChunkError`` for bytes that ``pack(_:)`` does not make.
  package static func decode(_ packed: PackedChunk) throws(ChunkError) -> Chunk {
    let head = try orderedHead(packed.head)
    if head.count == 0 {
      guard packed.rows.isEmpty, head.measures.isEmpty else { throw ChunkError("a chunk without rows has some") }
      return Chunk()
    }
    return try ChunkRowsCodec.read(packed.rows, head)
  }

  private static func orderedHead(_ bytes: [UInt8]) throws(ChunkError) -> ChunkHeadCodec.Ordered {
    try ChunkHeadCodec.read(try ChunkFrame.unpack(bytes))
  }

  private static func head(of chunk: Chunk) -> ChunkHeadCodec.Ordered {
    var head = ChunkHeadCodec.Ordered()
    head.count = chunk.count
    if let first = chunk.block.times.first, let last = chunk.block.times.last {
      head.times = TimeRange(from: first, to: last)
    }
    head.measures = chunk.tallies
    return head
  }
}

/// Bytes behind the byte that says their format: deflated where that is shorter.
package enum ChunkFrame {
  /// The version of the format.
  private static let stored: UInt8 = 1
  /// The same, and deflated: the length before it follows.
  private static let deflated: UInt8 = 0x81

  /// - Parameter parts: what of the bytes is unlike the rest, ascending.
  static func pack(_ bytes: [UInt8], parts: [Deflate.Part]) -> [UInt8] {
    var frame = ChunkWriter(bytes: [deflated])
    frame.count(bytes.count)
    var shortest = bytes
    var isPacked = false
    // Parts may gain by codes of their own, or lose what these cost. Of large chunks they gain.
    let ways = parts.isEmpty ? [[]] : bytes.count > tried ? [parts] : [parts, Array(parts.prefix(1))]
    for way in ways {
      // Without memory for zlib's tables the bytes stay as they are.
      guard let packed = try? Deflate.compress(bytes, parts: way), packed.count < shortest.count else { continue }
      (shortest, isPacked) = (packed, true)
    }
    guard isPacked, frame.bytes.count + shortest.count <= bytes.count else { return [stored] + bytes }
    return frame.bytes + shortest
  }

  /// Bytes up to which more than one way to deflate them is tried.
  private static let tried = 2048

  /// - Throws: ``ChunkError`` for what ``pack(_:parts:)`` does not make.
  package static func unpack(_ bytes: [UInt8]) throws(ChunkError) -> [UInt8] {
    var reader = ChunkReader(bytes)
    switch try reader.byte() {
    case stored: return Array(bytes.dropFirst())
    case deflated:
      let count = try reader.count(upTo: ChunkLimits.bytes, "bytes")
      guard count / Deflate.mostRatio <= bytes.count else {
        throw ChunkError("\(count) bytes cannot come of \(bytes.count)")
      }
      do { return try Deflate.decompress(bytes.span.extracting(reader.index...), count: count) } catch {
        throw ChunkError(error.description)
      }
    case let format: throw ChunkError("the format \(format) is not known")
    }
  }
}
