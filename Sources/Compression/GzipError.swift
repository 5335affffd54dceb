/// Why bytes are not what gzip (RFC 1952) makes, or cannot be unpacked here.
public enum GzipError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The bytes do not begin with those of gzip, 1F 8B.
  case notGzip
  /// The bytes end before their contents do.
  case truncated
  /// A block, a header or a checksum is wrong; in zlib's words.
  case corrupt(String)
  /// The contents are whole, but other bytes follow them.
  case trailingBytes
  /// The contents pass the limit, in bytes; no more than that was unpacked.
  case tooLarge(limit: Int)
  /// There was no memory for zlib's tables, 256 KB at most.
  case outOfMemory

  /// What is wrong, as the end of a sentence on the bytes.
  public var description: String {
    switch self {
    case .notGzip: "the bytes are not gzip: they do not begin with 1F 8B"
    case .truncated: "the gzip data ends too early"
    case .corrupt(let reason): "the gzip data is corrupt: \(reason)"
    case .trailingBytes: "other bytes follow the gzip data"
    case .tooLarge(let limit): "the gzip data unpacks to more than \(limit) bytes"
    case .outOfMemory: "there is no memory to pack or unpack gzip data"
    }
  }
}
