/// A cursor over JSON text (RFC 8259) that hands out values one by one, without a tree.
///
/// Answers that carry rows are read with it, straight from the bytes that came. It is as strict as ``JSON``, but it checks
/// only what it has passed over:
///
/// ```swift
/// try reader.beginObject()
/// while try reader.nextMember() {
///   if reader.isNamed("rows") { … } else { try reader.skip() }
/// }
/// ```
///
/// Read or skip each value before you ask for the next member or element. Everything that reads throws ``JSONError`` with the
/// byte where reading stopped; after an error the cursor is of no further use.
public struct JSONReader: ~Escapable {
  let bytes: Span<UInt8>
  var index: Int
  /// True directly after a `{` or `[`, where no comma may be.
  var isFirst = false
  /// The name of the member that was read last, to be compared.
  package private(set) var memberToken = JSONToken(kind: .string, start: 0, end: 0, isEscaped: false)

  /// Starts at the first byte, after a byte order mark.
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) {
    self.bytes = bytes
    index = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF ? 3 : 0
  }

  /// A place in the text, to come back to with ``seek(to:)``.
  public struct Position: Sendable, Hashable {
    var index: Int
    fileprivate var isFirst: Bool
  }

  /// Where the cursor is.
  public var position: Position { Position(index: index, isFirst: isFirst) }

  /// Goes to a place that a reader of the same bytes was at.
  @_lifetime(self: copy self)
  public mutating func seek(to position: Position) {
    index = position.index
    isFirst = position.isFirst
  }

  func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: index) }

  // MARK: Containers

  /// The kind of the next value; only blanks before it are passed over.
  @_lifetime(self: copy self)
  public mutating func peek() throws(JSONError) -> JSONToken.Kind {
    skipBlanks()
    guard index < bytes.count else { throw failure("the text ends where a value is expected") }
    switch bytes[index] {
    case UInt8(ascii: "\""): return .string
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number
    default: throw failure("unexpected character")
    }
  }

  /// Steps into an object; then ask for ``nextMember()`` until it is false.
  @_lifetime(self: copy self)
  public mutating func beginObject() throws(JSONError) {
    guard try peek() == .object else { throw failure("expected an object") }
    index += 1
    isFirst = true
  }

  /// Steps into an array; then ask for ``nextElement()`` until it is false.
  @_lifetime(self: copy self)
  public mutating func beginArray() throws(JSONError) {
    guard try peek() == .array else { throw failure("expected an array") }
    index += 1
    isFirst = true
  }

  /// Reads the next member's name, or the object's end.
  ///
  /// - Returns: false at the end.
  @_lifetime(self: copy self)
  public mutating func nextMember() throws(JSONError) -> Bool {
    guard try separator(UInt8(ascii: "}"), "expected ',' or '}'") else { return false }
    skipBlanks()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else { throw failure("expected a member's name") }
    memberToken = try stringToken()
    skipBlanks()
    guard take(UInt8(ascii: ":")) else { throw failure("expected ':'") }
    return true
  }

  /// Goes to the next element, or to the array's end.
  ///
  /// - Returns: false at the end.
  @_lifetime(self: copy self)
  public mutating func nextElement() throws(JSONError) -> Bool {
    try separator(UInt8(ascii: "]"), "expected ',' or ']'")
  }

  @_lifetime(self: copy self)
  private mutating func separator(_ end: UInt8, _ expected: String) throws(JSONError) -> Bool {
    skipBlanks()
    if take(end) {
      isFirst = false
      return false
    }
    if !isFirst, !take(UInt8(ascii: ",")) { throw failure(expected) }
    isFirst = false
    return true
  }

  /// True where the name of the member that was read last is the same bytes.
  public func isNamed(_ other: StaticString) -> Bool { equals(memberToken, other) }

  /// The name of the member that was read last.
  public func memberName() throws(JSONError) -> String { try text(memberToken) }

  /// Checks that nothing but blanks follows.
  @_lifetime(self: copy self)
  public mutating func end() throws(JSONError) {
    skipBlanks()
    guard index == bytes.count else { throw failure("unexpected text after the value") }
  }

  // MARK: Values

  /// Reads a text, number, boolean or null. An object or array is passed over, and its token only tells its kind.
  @_lifetime(self: copy self)
  public mutating func token() throws(JSONError) -> JSONToken {
    let kind = try peek()
    let start = index
    switch kind {
    case .string: return try stringToken()
    case .number: try number()
    case .bool: try literal(bytes[index] == UInt8(ascii: "t") ? "true" : "false")
    case .null: try literal("null")
    case .object, .array: try skip()
    }
    return JSONToken(kind: kind, start: start, end: index, isEscaped: false)
  }

  /// Passes over a value of any kind, checking it on the way.
  @_lifetime(self: copy self)
  public mutating func skip() throws(JSONError) {
    // Which of the containers that are open are objects: a bit for each.
    var objects: UInt128 = 0
    var depth = 0
    repeat {
      switch try peek() {
      case .string: _ = try stringToken()
      case .number: try number()
      case .bool: try literal(bytes[index] == UInt8(ascii: "t") ? "true" : "false")
      case .null: try literal("null")
      case let kind:
        guard depth < JSON.maximumDepth else { throw failure("nested deeper than \(JSON.maximumDepth)") }
        index += 1
        isFirst = true
        depth += 1
        objects = objects << 1 | (kind == .object ? 1 : 0)
      }
      // Goes up until there is a value to read.
      while depth > 0 {
        let isOpen = objects & 1 == 1 ? try nextMember() : try nextElement()
        if isOpen { break }
        depth -= 1
        objects >>= 1
      }
    } while depth > 0
  }

  /// Reads a text.
  @_lifetime(self: copy self)
  public mutating func string() throws(JSONError) -> String {
    guard try peek() == .string else { throw failure("expected a string") }
    return try text(try stringToken())
  }

  /// Reads a whole number that fits; `1e3` and `5.0` are whole numbers.
  @_lifetime(self: copy self)
  public mutating func int64() throws(JSONError) -> Int64 {
    guard try peek() == .number else { throw failure("expected a number") }
    guard let value = int64(try token()) else { throw failure("expected a whole number") }
    return value
  }
}
