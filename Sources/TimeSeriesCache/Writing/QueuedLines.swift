import CacheSupport

/// Lines that wait in a queue to be written: `{"bucket", "precision", "time", "version", "lines"}`.
///
/// Their arrival goes with them, so that a message that is delivered twice writes the same thing twice. Messages of one body have one
/// time, but each a version of its own: of two points of one instant the later in the body wins, whichever message comes first. A
/// message without a version has its time for one.
struct QueuedLines: Sendable, Hashable {
  var bucket: String
  var precision: LineProtocol.Precision
  var arrival: Arrival
  /// Line protocol.
  var lines: String

  /// The most bytes of a message: SQS takes 1 MiB per message and per batch; a little is left for what surrounds it.
  static let maximumBytes: Int = 1_000_000

  init(bucket: String, precision: LineProtocol.Precision, arrival: Arrival, lines: String) {
    self.bucket = bucket
    self.precision = precision
    self.arrival = arrival
    self.lines = lines
  }

  /// Nil for a message of another kind: one without `lines` is a device's.
  ///
  /// - Throws: what is wrong with a message that has `lines`.
  init?(_ message: JSON) throws(UnreadableMessage) {
    guard let member = message["lines"] else { return nil }
    guard let lines = member.string, let bucket = message["bucket"]?.string,
      let precision = message["precision"]?.string.flatMap({ LineProtocol.Precision($0) }),
      let time = message["time"]?.int64, TimeExpression.bounds.contains(time)
    else {
      throw UnreadableMessage(
        reason: "a message with 'lines' needs them as text, and bucket, precision and time in epoch milliseconds")
    }
    let version = message["version"].map(\.int64) ?? time
    guard let version, version > 0 else {
      throw UnreadableMessage(reason: "'version' must be a whole number above 0, or be left out")
    }
    self.init(
      bucket: bucket, precision: precision, arrival: Arrival(time: time, version: version), lines: lines)
  }

  /// The message's text, in which SQS refuses no character.
  var body: String { Self.text(of: lines.utf8Span.span, bucket, precision, arrival) }

  private static func text(
    of lines: Span<UInt8>, _ bucket: String, _ precision: LineProtocol.Precision, _ arrival: Arrival
  ) -> String {
    var writer = JSONWriter(capacity: lines.count + lines.count / 4 + 200)
    writer.raw("{\"bucket\":")
    writer.string(bucket)
    writer.raw(",\"precision\":")
    writer.string(precision.rawValue)
    writer.raw(",\"time\":")
    writer.integer(arrival.time)
    writer.raw(",\"version\":")
    writer.integer(arrival.version)
    writer.raw(",\"lines\":")
    writer.string(lines)
    writer.raw("}")
    return SQSText.allowed(writer.bytes)
  }

  /// Why a body cannot be queued.
  struct TooLong: Error, Hashable {
    /// Where the point starts, 1 for the body's first line.
    var line: Int32
  }

  /// The bodies of the messages that hold a request's points, cut where points start and as few as can be.
  ///
  /// - Parameters:
  ///   - points: what was read from the bytes.
  ///   - bytes: line protocol, which is UTF-8.
  ///   - arrival: of the request.
  ///   - nextVersion: the version of the message that follows the first.
  /// - Throws: ``TooLong`` for a point that fits in no message.
  static func bodies(
    of points: ParsedPoints, _ bytes: [UInt8], _ request: WriteRequest, _ arrival: Arrival, nextVersion: () -> Int64
  ) throws(TooLong) -> [String] {
    let starts = starts(of: points, bytes)
    let around = text(of: [UInt8]().span, request.bucket, request.precision, arrival).utf8.count
    let room = maximumBytes - around
    var arrival = arrival
    var bodies: [String] = []
    var first = 0
    var size = 0
    func close(at end: Int) {
      guard first < end else { return }
      let range = starts[first]..<starts[end]
      bodies.append(text(of: bytes.span.extracting(range), request.bucket, request.precision, arrival))
      arrival.version = nextVersion()
      first = end
    }
    for index in 0..<points.points.count {
      let bytesOfPoint = SQSText.quotedSize(of: bytes.span.extracting(starts[index]..<starts[index + 1]))
      guard bytesOfPoint <= room else { throw TooLong(line: points.points[index].line) }
      if size + bytesOfPoint > room {
        close(at: index)
        size = 0
      }
      size += bytesOfPoint
    }
    close(at: points.points.count)
    return bodies
  }

  /// The text of rejected points, so that it may be queued again.
  static func text(of rejected: RejectedLines, _ points: ParsedPoints, _ bytes: [UInt8]) -> String {
    let starts = starts(of: points, bytes)
    let numbers = Set(rejected.lines.map(\.number))
    var text: [UInt8] = []
    for (index, point) in points.points.enumerated() where numbers.contains(point.line) {
      text += bytes[starts[index]..<starts[index + 1]]
      if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The byte at which each point starts, in the order of their lines, and the end of the bytes: what comments and blank lines say
  /// goes with the point before them.
  private static func starts(of points: ParsedPoints, _ bytes: [UInt8]) -> [Int] {
    var starts: [Int] = []
    starts.reserveCapacity(points.points.count + 1)
    var next = points.points.makeIterator()
    var wanted = next.next()?.line
    var line: Int32 = 1
    var start = 0
    for index in bytes.indices {
      if line == wanted, start == index {
        starts.append(index)
        wanted = next.next()?.line
      }
      if bytes[index] == UInt8(ascii: "\n") {
        line += 1
        start = index + 1
      }
    }
    starts.append(bytes.count)
    return starts
  }
}

/// Why a message of a queue or a topic cannot be read, now or later.
struct UnreadableMessage: Error, Sendable, Hashable, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}
