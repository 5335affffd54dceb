internal import CZlib

/// gzip (RFC 1952), in memory, by zlib.
public enum Gzip {
  /// Unpacks gzip data, all of its members.
  ///
  /// Memory is bounded by the limit, whatever the data claims: a bomb is left where it passes it.
  ///
  /// - Parameters:
  ///   - bytes: one member or several, one after the other, and nothing else.
  ///   - limit: the most bytes of contents.
  /// - Throws: ``GzipError``; the checksum and the length of each member are checked.
  public static func decompress(_ bytes: [UInt8], limit: Int) throws(GzipError) -> [UInt8] {
    try isMember(bytes, at: 0, otherwise: .notGzip)
    var stream = try stream(.unpack)
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    var contents: [UInt8] = []
    var offset = 0
    while true {
      let (result, read, written) = stream.step(bytes.span.extracting(offset...), into: &chunk)
      offset += read
      guard written <= limit - contents.count else { throw .tooLarge(limit: limit) }
      contents.append(contentsOf: chunk[..<written])
      switch result {
      case Z_STREAM_END:
        if offset == bytes.count { return contents }
        try isMember(bytes, at: offset, otherwise: .trailingBytes)
        try stream.restart()
      case Z_OK: continue
      // No progress: there is room, so it is the input that lacks.
      case Z_BUF_ERROR: throw .truncated
      case Z_MEM_ERROR: throw .outOfMemory
      default: throw .corrupt(stream.message)
      }
    }
  }

  /// Packs bytes as one member, without name and time, so that the same bytes give the same data.
  ///
  /// - Throws: ``GzipError/outOfMemory`` alone.
  public static func compress(_ bytes: [UInt8]) throws(GzipError) -> [UInt8] {
    var stream = try stream(.pack)
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    var packed: [UInt8] = []
    var offset = 0
    while true {
      let (result, read, written) = stream.step(bytes.span.extracting(offset...), into: &chunk, ending: Z_FINISH)
      offset += read
      packed.append(contentsOf: chunk[..<written])
      switch result {
      case Z_STREAM_END: return packed
      case Z_OK: continue
      default: throw .corrupt(stream.message)
      }
    }
  }

  private static func stream(_ direction: ZStream.Direction) throws(GzipError) -> ZStream {
    do { return try ZStream(direction) } catch { throw .outOfMemory }
  }

  /// What is unpacked or packed between two looks at the limit.
  private static let chunkSize = 1 << 16

  /// A member begins with 1F 8B; of fewer bytes one cannot say, other than that they are too few.
  private static func isMember(_ bytes: [UInt8], at offset: Int, otherwise: GzipError) throws(GzipError) {
    for (byte, expected) in zip(bytes[offset...], [0x1F, 0x8B] as [UInt8]) where byte != expected { throw otherwise }
  }
}
