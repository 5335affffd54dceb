internal import CZlib

/// Raw deflate (RFC 1951), in memory, by zlib: without header, length and checksum.
///
/// For data whose length is written beside it.
package enum Deflate {
  /// Some of the bytes that are packed.
  package struct Part: Sendable, Hashable {
    /// The place behind its last byte.
    package var end: Int
    package var content: Content

    package init(end: Int, _ content: Content = .any) {
      self.end = end
      self.content = content
    }

    /// What the bytes of a part are like, for speed and size alone.
    package enum Content: Sendable, Hashable {
      case any
      /// Few values, in no order: a search for repetitions costs more than it finds.
      case shuffled
      /// Bytes that nothing makes fewer.
      case noise
    }
  }

  /// Packs bytes, a block of deflate for each part or more, so that each part has a code of its own.
  ///
  /// - Parameters:
  ///   - bytes: any.
  ///   - parts: ascending; what is behind the last is one more.
  /// - Returns: nil where the packed bytes would not be fewer than the bytes.
  /// - Throws: ``DeflateError/outOfMemory`` alone.
  package static func compress(_ bytes: [UInt8], parts: [Part] = []) throws(DeflateError) -> [UInt8]? {
    guard bytes.count > 1 else { return nil }
    var stream = try stream(.pack, tables(bytes.count))
    var packed = [UInt8](repeating: 0, count: bytes.count - 1)
    var (start, written) = (0, 0)
    for part in parts + [Part(end: bytes.count)] where part.end > start && part.end <= bytes.count {
      let end = part.end
      let ending = end == bytes.count ? Z_FINISH : Z_BLOCK
      while true {
        let step = stream.step(
          bytes.span.extracting(start..<end), into: &packed, from: written,
          effort: part.effort, ending: ending)
        start += step.read
        written += step.written
        switch step.result {
        case Z_STREAM_END:
          packed.removeLast(packed.count - written)
          return packed
        case Z_OK where written < packed.count:
          if start == end, ending == Z_BLOCK { break } else { continue }
        // Neither the bytes nor what is held back of a block have room.
        default: return nil
        }
        break
      }
    }
    return nil
  }

  /// Unpacks bytes whose length is known.
  ///
  /// - Parameters:
  ///   - bytes: one stream, and nothing after it.
  ///   - count: how many bytes it unpacks to, which is the memory that is taken; the caller has judged it.
  /// - Throws: ``DeflateError``.
  package static func decompress(_ bytes: Span<UInt8>, count: Int) throws(DeflateError) -> [UInt8] {
    var stream = try stream(.unpack, .raw(window: 15, memory: 8))
    // One more, so that a stream that is longer is told from one that ends here.
    var contents = [UInt8](repeating: 0, count: count + 1)
    var (read, written) = (0, 0)
    while true {
      let step = stream.step(bytes.extracting(read...), into: &contents, from: written)
      read += step.read
      written += step.written
      switch step.result {
      case Z_STREAM_END:
        guard written == count else { throw .wrongLength(expected: count) }
        guard read == bytes.count else { throw .trailingBytes }
        contents.removeLast()
        return contents
      case Z_OK where written <= count: continue
      case Z_OK: throw .wrongLength(expected: count)
      // No progress: there is room, so it is the input that lacks.
      case Z_BUF_ERROR where written <= count: throw .truncated
      case Z_BUF_ERROR: throw .wrongLength(expected: count)
      case Z_MEM_ERROR: throw .outOfMemory
      default: throw .corrupt(stream.message)
      }
    }
  }

  /// No stream of deflate unpacks to more than this many times its bytes: 258 bytes take two bits at least.
  package static let mostRatio = 1032

  /// Tables that are no larger than the bytes need: small ones are quicker to set up.
  private static func tables(_ count: Int) -> ZStream.Format {
    switch count {
    case ...4096: .raw(window: 12, memory: 6)
    case ...16_384: .raw(window: 14, memory: 7)
    default: .raw(window: 15, memory: 8)
    }
  }

  private static func stream(
    _ direction: ZStream.Direction, _ format: ZStream.Format
  ) throws(DeflateError) -> ZStream {
    do { return try ZStream(direction, format) } catch { throw .outOfMemory }
  }
}

extension Deflate.Part {
  fileprivate var effort: ZStream.Effort {
    switch content {
    case .any: .search
    case .shuffled: .code
    case .noise: .store
    }
  }
}

/// Why bytes are not raw deflate (RFC 1951), or cannot be packed or unpacked here.
package enum DeflateError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The bytes end before their contents do.
  case truncated
  /// A block is wrong; in zlib's words.
  case corrupt(String)
  /// The contents are whole, but other bytes follow them.
  case trailingBytes
  /// The contents are not as long as was said, in bytes; no more than that was unpacked.
  case wrongLength(expected: Int)
  /// There was no memory for zlib's tables, 256 KB at most.
  case outOfMemory

  /// What is wrong, as a sentence on the data.
  package var description: String {
    switch self {
    case .truncated: "the deflated data ends too early"
    case .corrupt(let reason): "the deflated data is corrupt: \(reason)"
    case .trailingBytes: "other bytes follow the deflated data"
    case .wrongLength(let expected): "the deflated data does not unpack to \(expected) bytes"
    case .outOfMemory: "there is no memory to pack or unpack deflated data"
    }
  }
}
