import CacheSupport

/// The last bytes of what a function prints for one event, as `LogType=Tail` gives them.
struct LogTail: Sendable {
  /// Bytes that are kept.
  static let limit: Int = 4096

  private(set) var bytes: [UInt8] = []

  mutating func append(_ more: some BidirectionalCollection<UInt8>) {
    bytes += more.suffix(Self.limit)
    if bytes.count > Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
  }

  mutating func append(_ text: String) { append(Array(text.utf8)) }

  /// The whole log of an invocation, in Lambda's lines.
  ///
  /// - Parameters:
  ///   - printed: what the function printed.
  ///   - limit: megabytes that it may have in memory.
  ///   - used: bytes that it has.
  static func log(
    of id: String, printed: [UInt8], took duration: Duration, limit: Int, used: Int
  ) -> [UInt8] {
    var tail = LogTail()
    tail.append("START RequestId: \(id) Version: $LATEST\n")
    tail.append(printed)
    if let last = printed.last, last != UInt8(ascii: "\n") { tail.append("\n") }
    let (seconds, attoseconds) = duration.components
    let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    let hundredths = "\(microseconds / 1000).\(UTCTime.padded(Int(microseconds % 1000 / 10), 2))"
    tail.append(
      "END RequestId: \(id)\nREPORT RequestId: \(id)\tDuration: \(hundredths) ms\t"
        + "Billed Duration: \((microseconds + 999) / 1000) ms\tMemory Size: \(limit) MB\t"
        + "Max Memory Used: \((used + (1 << 20) - 1) >> 20) MB\t\n")
    return tail.bytes
  }
}
