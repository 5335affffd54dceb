package import CacheSupport

/// One page of a Query or Scan: known to be whole, its items still the bytes that came.
package struct DynamoDBAnswer: Sendable {
  /// Where the next page starts; nil at the end. A page can be empty and still have one.
  package private(set) var lastKey: Item?
  package let operation: String
  /// What it was charged for, where that was asked for.
  private(set) var capacity: JSON?
  private let body: [UInt8]
  private var start: JSONReader.Position

  /// - Throws: ``AWSError`` with `UnexpectedAnswer` for what is no JSON, or lacks `Items`.
  package init(_ body: [UInt8], operation: String) throws(AWSError) {
    self.body = body
    self.operation = operation
    var reader = JSONReader(body.span)
    start = reader.position
    var hasItems = false
    var key: JSON?
    do throws(JSONError) {
      try reader.beginObject()
      while try reader.nextMember() {
        if reader.isNamed("Items") {
          start = reader.position
          hasItems = try reader.peek() == .array
          try reader.postpone()
        } else if reader.isNamed("LastEvaluatedKey") {
          key = try reader.value()
        } else if reader.isNamed("ConsumedCapacity") {
          capacity = try reader.value()
        } else {
          try reader.skip()
        }
      }
      try reader.end()
    } catch { throw .notJSON(error, operation: operation) }
    guard hasItems else {
      throw AWSError(
        .unexpectedAnswer, "the answer lacks 'Items', or it is of another kind", operation: operation)
    }
    lastKey = try key.map { key throws(AWSError) in try DynamoDBClient.item(key, operation) }
  }

  /// The page's items, from the first.
  package var items: DynamoDBItems {
    @_lifetime(borrow self)
    get {
      var reader = JSONReader(body.span)
      reader.seek(to: start)
      return DynamoDBItems(reader, operation: operation)
    }
  }
}

/// A walk over the items of a page, attribute by attribute.
package struct DynamoDBItems: ~Escapable {
  /// Reads names and texts.
  package internal(set) var reader: JSONReader
  let operation: String
  private var isBegun = false

  /// A value that is read; of any other type the place alone is told.
  package enum Value {
    case s(JSONToken)
    case n(JSONToken)
    /// Bytes: ``DynamoDBItems/bytes(_:)`` reads them.
    case b(JSONToken)
    case bool(Bool)
    /// A map: ``DynamoDBItems/map(at:)`` walks through it.
    case m(JSONReader.Position)
    /// A list: ``DynamoDBItems/wholeNumbers(at:)`` reads one of numbers.
    case l(JSONReader.Position)
    case other
  }

  @_lifetime(copy reader)
  init(_ reader: consuming JSONReader, operation: String) {
    self.reader = reader
    self.operation = operation
  }

  /// Goes to the next item; its attributes follow.
  ///
  /// - Returns: false at the end.
  @_lifetime(self: copy self)
  package mutating func nextItem() throws(AWSError) -> Bool {
    do throws(JSONError) {
      if !isBegun { try reader.beginArray() }
      isBegun = true
      guard try reader.nextElement() else { return false }
      try reader.beginObject()
      return true
    } catch { throw .notJSON(error, operation: operation) }
  }

  /// Reads the next item as a tree; nil at the end.
  @_lifetime(self: copy self)
  mutating func nextWhole() throws(AWSError) -> JSON? {
    do throws(JSONError) {
      if !isBegun { try reader.beginArray() }
      isBegun = true
      return try reader.nextElement() ? try reader.value() : nil
    } catch { throw .notJSON(error, operation: operation) }
  }

  /// Goes to the item's or map's next attribute, whose name the reader then has; its value follows.
  ///
  /// - Returns: false at the item's or map's end.
  @_lifetime(self: copy self)
  package mutating func nextAttribute() throws(AWSError) -> Bool {
    do throws(JSONError) { return try reader.nextMember() } catch { throw .notJSON(error, operation: operation) }
  }

  /// Reads the attribute's value.
  @_lifetime(self: copy self)
  package mutating func value() throws(AWSError) -> Value {
    do throws(JSONError) { return try typedValue() } catch { throw .notJSON(error, operation: operation) }
  }

  /// Steps into the attribute's value where it is a map, whose attributes follow; passes over any other.
  ///
  /// - Returns: true for a map: after its last attribute comes ``endMap()``.
  @_lifetime(self: copy self)
  package mutating func beginMap() throws(AWSError) -> Bool {
    do throws(JSONError) {
      try reader.beginObject()
      while try reader.nextMember() {
        if reader.isNamed("M"), try reader.peek() == .object {
          try reader.beginObject()
          return true
        }
        try reader.skip()
      }
      return false
    } catch { throw .notJSON(error, operation: operation) }
  }

  /// Goes to after the map that ``beginMap()`` stepped into.
  @_lifetime(self: copy self)
  package mutating func endMap() throws(AWSError) {
    do throws(JSONError) {
      while try reader.nextMember() { try reader.skip() }
    } catch { throw .notJSON(error, operation: operation) }
  }

  /// `{"N": "1"}`: an object with one member, whose name is the type.
  @_lifetime(self: copy self)
  mutating func typedValue() throws(JSONError) -> Value {
    var value = Value.other
    let start = reader.position
    if reader.take("{\"N\":") {
      let token = try reader.token()
      if token.kind == .string, reader.take("}") { return .n(token) }
      reader.seek(to: start)
    }
    try reader.beginObject()
    while try reader.nextMember() {
      if reader.isNamed("N"), try reader.peek() == .string {
        value = .n(try reader.token())
      } else if reader.isNamed("S"), try reader.peek() == .string {
        value = .s(try reader.token())
      } else if reader.isNamed("B"), try reader.peek() == .string {
        value = .b(try reader.token())
      } else if reader.isNamed("BOOL") {
        let token = try reader.token()
        value = reader.bool(token).map { .bool($0) } ?? .other
      } else if reader.isNamed("M"), try reader.peek() == .object {
        value = .m(reader.position)
        try reader.postpone()
      } else if reader.isNamed("L"), try reader.peek() == .array {
        value = .l(reader.position)
        try reader.postpone()
      } else {
        try reader.skip()
      }
    }
    return value
  }

  /// A walk over the attributes of a map, beside this one.
  @_lifetime(copy self)
  package func map(at position: JSONReader.Position) throws(AWSError) -> DynamoDBItems {
    var inner = self
    inner.reader.seek(to: position)
    do throws(JSONError) { try inner.reader.beginObject() } catch { throw .notJSON(error, operation: operation) }
    return inner
  }
}
