/// Why a text is not JSON, or not of the shape that was asked for, and where.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// What was expected or wrong.
  public var reason: String
  /// The byte where reading stopped, from 0.
  public var offset: Int

  /// The reason and the byte.
  public var description: String { "\(reason) at byte \(offset)" }

  init(reason: String, offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// Where that is for people: `line 9, column 5`, in characters from 1.
  ///
  /// - Parameter text: what was read.
  package func place(in text: String) -> String {
    let before = text.utf8.prefix(offset)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { before.index(after: $0) } ?? before.startIndex
    return "line \(line), column \(String(decoding: before[start...], as: UTF8.self).count + 1)"
  }

  /// A fault that the reader of a place finds.
  package init(_ reason: String, at position: JSONReader.Position) {
    self.init(reason: reason, offset: position.index)
  }
}

extension JSON {
  /// The deepest nesting that is read: 128. A deeper text is refused, so that it cannot exhaust the stack.
  public static let maximumDepth: Int = 128

  /// Reads one JSON text (RFC 8259), strictly: UTF-8, nothing after the value, nesting of at most 128.
  ///
  /// - Throws: ``JSONError`` with the byte where reading stopped.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var reader = JSONReader(bytes.span)
    self = try reader.value()
    try reader.end()
  }

  /// Reads one JSON text from a string.
  ///
  /// - Throws: ``JSONError`` with the byte where reading stopped.
  public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

extension JSONReader {
  /// Reads the next value as a tree: for configuration and events, not for rows.
  ///
  /// - Throws: ``JSONError`` where it is not JSON, or nested deeper than ``JSON/maximumDepth``.
  @_lifetime(self: copy self)
  public mutating func value() throws(JSONError) -> JSON { try value(depth: 0) }

  @_lifetime(self: copy self)
  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    let kind = try peek()
    switch kind {
    case .string: return .string(try text(try stringToken()))
    case .number: return .number(try text(try token()))
    case .bool: return .bool(bool(try token()) ?? false)
    case .null:
      _ = try token()
      return .null
    case .array, .object:
      guard depth < JSON.maximumDepth else { throw failure("nested deeper than \(JSON.maximumDepth)") }
      return kind == .array ? .array(try elements(depth)) : .object(try members(depth))
    }
  }

  @_lifetime(self: copy self)
  private mutating func elements(_ depth: Int) throws(JSONError) -> [JSON] {
    var elements: [JSON] = []
    try beginArray()
    while try nextElement() { elements.append(try value(depth: depth + 1)) }
    return elements
  }

  @_lifetime(self: copy self)
  private mutating func members(_ depth: Int) throws(JSONError) -> JSONObject {
    var members: [(name: String, value: JSON)] = []
    // Wide objects get a dictionary, narrow ones are looked through: most have a handful of members.
    var places: [ByteText: Int] = [:]
    try beginObject()
    while try nextMember() {
      let name = try memberName()
      let value = try value(depth: depth + 1)
      let isWide = members.count >= 16
      if isWide, places.isEmpty {
        for (place, member) in members.enumerated() { places[ByteText(member.name)] = place }
      }
      if let place = isWide ? places[ByteText(name)] : members.firstIndex(where: { $0.name.hasSameBytes(as: name) }) {
        members[place].value = value
      } else {
        if isWide { places[ByteText(name)] = members.count }
        members.append((name, value))
      }
    }
    return JSONObject(uniqueMembers: members)
  }
}
