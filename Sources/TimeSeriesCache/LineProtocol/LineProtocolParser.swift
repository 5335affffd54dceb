import CacheSupport

/// A cursor that goes over a body once.
///
/// Names repeat from line to line. What was read once is known by its bytes, and most often it is not even looked up: a line's series
/// is compared with the line's before, and a field's name with the one that came after the same name or series the last time.
struct LineProtocolParser: ~Escapable {
  /// What is wrong, and at which byte of the body.
  struct Fault: Error {
    var reason: LineProtocolError.Reason
    var offset: Int
    init(_ reason: LineProtocolError.Reason, at offset: Int) {
      self.reason = reason
      self.offset = offset
    }
  }

  let bytes: Span<UInt8>
  private let unit: Int64
  private let now: Int64
  var index = 0
  /// The line that the cursor is on.
  var line: Int32 = 1
  var parsed = ParsedPoints()
  /// Measurements with their tags, as they are written.
  var heads = TokenTable()
  /// The names of fields, as they are written.
  var keys = TokenTable()
  /// The entry of the line before.
  private var head: Int?
  private var places: [SeriesKey: Int32] = [:]
  private var names: [ByteText: Int32] = [:]

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>, precision: LineProtocol.Precision, now: Int64) {
    self.bytes = bytes
    unit = precision.nanoseconds
    self.now = now
    // Half the shortest lines that are usual: memory that is not needed is never touched.
    let points = min(bytes.count / 24, LineProtocol.Limit.points)
    parsed.points.reserveCapacity(points)
    parsed.fields.reserveCapacity(points)
  }

  @_lifetime(self: copy self)
  mutating func parse() throws(Fault) {
    while try toNextPoint() {
      guard parsed.points.count < LineProtocol.Limit.points else { throw Fault(.tooManyPoints, at: index) }
      guard parsed.fields.count < LineProtocol.Limit.fieldsOfBody else {
        throw Fault(.tooManyFieldsOfBody, at: index)
      }
      let line = line
      let head = try readHead()
      let first = parsed.fields.count
      try readFields(after: head, first: first)
      let time = try readTime()
      parsed.points.append(
        ParsedPoints.Point(
          series: heads.entries[head].value, line: line, time: time,
          fields: Int32(truncatingIfNeeded: first)..<Int32(truncatingIfNeeded: parsed.fields.count)))
    }
    parsed.probes = heads.probes + keys.probes
  }

  /// Passes over blank lines, comments and what comes before a line's first byte; false at the body's end.
  @_lifetime(self: copy self)
  private mutating func toNextPoint() throws(Fault) -> Bool {
    while index < bytes.count {
      switch bytes.byte(index) {
      case UInt8(ascii: "\n"):
        line &+= 1
        index &+= 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"): index &+= 1
      case UInt8(ascii: "\r") where isLineEnd(index): index &+= 1
      case UInt8(ascii: "#"):
        let start = index
        while index < bytes.count, bytes.byte(index) != UInt8(ascii: "\n") { index &+= 1 }
        try checkText(start..<index)
      default: return true
      }
    }
    return false
  }

  /// True at the line's end: a line feed, with or without a carriage return before it, or the body's end.
  @inline(__always) func isLineEnd(_ index: Int) -> Bool {
    if index >= bytes.count { return true }
    let byte = bytes.byte(index)
    if byte == UInt8(ascii: "\n") { return true }
    return byte == UInt8(ascii: "\r") && (index &+ 1 == bytes.count || bytes.byte(index &+ 1) == UInt8(ascii: "\n"))
  }

  @inline(__always) @_lifetime(self: copy self)
  mutating func skipBlanks() {
    while index < bytes.count, bytes.byte(index) == UInt8(ascii: " ") { index &+= 1 }
  }

  /// Refuses what is no text: bytes that are not UTF-8, and NUL, at which some programs would take a text to end.
  func checkText(_ range: Range<Int>) throws(Fault) {
    let text = bytes.extracting(range)
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: text)
    } catch {
      throw Fault(.invalidUTF8, at: range.lowerBound + error.byteOffsets.lowerBound)
    }
    for index in range where bytes[index] == 0 { throw Fault(.nul, at: index) }
  }

  // MARK: Measurement and tags

  /// Reads measurement and tags, and the blanks after them.
  @_lifetime(self: copy self)
  private mutating func readHead() throws(Fault) -> Int {
    if let head {
      let entry = heads.entries[head]
      let end = index &+ Int(entry.count)
      if end < bytes.count, bytes.byte(end) == UInt8(ascii: " "),
        bytes.isSame(Int(entry.start), index, count: Int(entry.count))
      {
        index = end &+ 1
        skipBlanks()
        return head
      }
    }
    let start = index
    var found: (entry: Int?, hash: UInt64) = (nil, 0)
    if let end = headEnd() { found = heads.find(start, count: end - start, in: bytes) }
    let entry: Int
    if let known = found.entry {
      entry = known
      index = start + Int(heads.entries[known].count)
    } else {
      let key = try readSeries()
      let place = places[key] ?? Int32(truncatingIfNeeded: parsed.series.count)
      if Int(place) == parsed.series.count {
        parsed.series.append(key)
        places[key] = place
      }
      entry = heads.add(start, count: index - start, hash: found.hash, value: place)
    }
    head = entry
    skipBlanks()
    return entry
  }

  /// The first blank that no backslash precedes; nil where the line ends before it, or has something else to find fault with.
  private func headEnd() -> Int? {
    var index = index
    while true {
      while index &+ 8 <= bytes.count {
        let word = bytes.word(index)
        let count = ByteWord.unmarked(ByteWord.blanks(word) | ByteWord.equal(word, UInt8(ascii: "\\")))
        index &+= count
        if count < 8 { break }
      }
      guard index < bytes.count else { return nil }
      switch bytes.byte(index) {
      case UInt8(ascii: " "): return index
      case UInt8(ascii: "\\"):
        let next = index &+ 1
        index &+= next < bytes.count && bytes.byte(next) >= UInt8(ascii: " ") ? 2 : 1
      case UInt8(ascii: "\n"), UInt8(ascii: "\t"), 0: return nil
      default: index &+= 1
      }
    }
  }

  // MARK: Fields

  @_lifetime(self: copy self)
  private mutating func readFields(after head: Int, first: Int) throws(Fault) {
    guard !isLineEnd(index) else { throw Fault(.noFields, at: index) }
    var previous = -1
    while true {
      let guess = Int(previous < 0 ? heads.entries[head].next : keys.entries[previous].next)
      let key: Int
      if guess >= 0, isNext(keys.entries[guess]) {
        key = guess
        index &+= Int(keys.entries[key].count) &+ 1
      } else {
        key = try readKey()
        if previous < 0 { heads.setNext(key, after: head) } else { keys.setNext(key, after: previous) }
      }
      guard parsed.fields.count &- first < LineProtocol.Limit.fields else { throw Fault(.tooManyFields, at: index) }
      try readValue(of: keys.entries[key].value)
      guard index < bytes.count, bytes.byte(index) == UInt8(ascii: ",") else { return }
      index &+= 1
      previous = key
    }
  }

  /// True where a name and its equals sign come next.
  @inline(__always) private func isNext(_ key: TokenTable.Entry) -> Bool {
    let end = index &+ Int(key.count)
    return end < bytes.count && bytes.byte(end) == UInt8(ascii: "=")
      && bytes.isSame(Int(key.start), index, count: Int(key.count))
  }

  /// Reads a field's name and the equals sign.
  @_lifetime(self: copy self)
  private mutating func readKey() throws(Fault) -> Int {
    let start = index
    let key = try readToken(.fieldKey)
    let end = index
    index += 1
    let found = keys.find(start, count: end - start, in: bytes)
    if let known = found.entry { return known }
    let name = ByteText(key)
    let place = names[name] ?? Int32(truncatingIfNeeded: parsed.names.count)
    if Int(place) == parsed.names.count {
      parsed.names.append(name)
      names[name] = place
    }
    return keys.add(start, count: end - start, hash: found.hash, value: place)
  }

  // MARK: Time

  /// Reads what comes after the fields: a time or nothing, and the line's end, which stays.
  @_lifetime(self: copy self)
  private mutating func readTime() throws(Fault) -> Int64 {
    if !isLineEnd(index), bytes.byte(index) != UInt8(ascii: " ") { throw Fault(.afterValue, at: index) }
    skipBlanks()
    guard !isLineEnd(index) else { return now }
    let start = index
    let isNegative = bytes.byte(index) == UInt8(ascii: "-")
    if isNegative { index &+= 1 }
    let digits = readDigits()
    guard digits.count > 0, isLineEnd(index) || bytes.byte(index) == UInt8(ascii: " ") else {
      throw Fault(.invalidTime, at: start)
    }
    guard let time = digits.integer(isNegative) else { throw Fault(.timeOverflow, at: start) }
    let (nanoseconds, overflow) = time.multipliedReportingOverflow(by: unit)
    guard !overflow else { throw Fault(.timeOverflow, at: start) }
    skipBlanks()
    guard isLineEnd(index) else { throw Fault(.afterTime, at: index) }
    return nanoseconds
  }
}
