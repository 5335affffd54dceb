import CacheSupport

extension OperationRequest {
  /// Reads the members of the body one by one off its bytes, for what carries rows or messages.
  ///
  /// - Parameter body: reads or skips the member whose name was read last.
  /// - Throws: SerializationException for a body that is no JSON object, and what the body throws.
  func readMembers(_ body: (inout JSONReader) throws -> Void) throws(ServiceError) {
    let bytes = http.body
    do {
      var reader = JSONReader(bytes.span)
      try reader.beginObject()
      while try reader.nextMember() { try body(&reader) }
      try reader.end()
    } catch let error as ServiceError { throw error } catch { throw .coral("SerializationException") }
  }
}

extension JSONReader {
  /// Reads a text, or nil for null.
  ///
  /// - Throws: the SerializationException of the services' front end for any other kind, or ``JSONError``.
  @_lifetime(self: copy self)
  mutating func optionalText() throws -> String? {
    let token = try token()
    switch token.kind {
    case .string: return try text(token)
    case .null: return nil
    default: throw Self.kindError(token.kind, bool(token), wanted: "String")
    }
  }

  /// Reads a whole number, or nil for null.
  ///
  /// - Throws: the SerializationException of the services' front end for any other kind, or ``JSONError``.
  @_lifetime(self: copy self)
  mutating func optionalInteger() throws -> Int64? {
    let token = try token()
    switch token.kind {
    case .null: return nil
    case .number: if let number = int64(token) { return number }
    default: break
    }
    throw Self.kindError(token.kind, bool(token), wanted: "Integer")
  }

  /// Steps into an object; false for null.
  @_lifetime(self: copy self)
  mutating func opensObject() throws -> Bool {
    let kind = try peek()
    guard kind != .null else { try skip(); return false }
    guard kind == .object else { throw Self.kindError(kind, nil, wanted: "Structure") }
    try beginObject()
    return true
  }

  /// Steps into an array; false for null.
  @_lifetime(self: copy self)
  mutating func opensArray() throws -> Bool {
    let kind = try peek()
    guard kind != .null else { try skip(); return false }
    guard kind == .array else { throw Self.kindError(kind, nil, wanted: "List") }
    try beginArray()
    return true
  }

  /// Reads an array of texts; empty for null.
  @_lifetime(self: copy self)
  mutating func texts() throws -> [String] {
    guard try opensArray() else { return [] }
    var texts: [String] = []
    while try nextElement() { if let text = try optionalText() { texts.append(text) } }
    return texts
  }

  private static func kindError(_ kind: JSONToken.Kind, _ flag: Bool?, wanted: String) -> ServiceError {
    let words =
      switch kind {
      case .number: "NUMBER_VALUE cannot be converted to \(wanted)"
      case .string: "STRING_VALUE cannot be converted to \(wanted)"
      case .bool: "\(flag.map { $0 ? "TRUE" : "FALSE" } ?? "BOOLEAN")_VALUE cannot be converted to \(wanted)"
      case .object: "Start of structure or map found where not expected"
      case .array, .null: "Unexpected field type"
      }
    return .coral("SerializationException", words, messageName: "Message")
  }
}
