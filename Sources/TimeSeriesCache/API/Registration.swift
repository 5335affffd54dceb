import CacheSupport

/// The body of `PUT /v1/series/{identifier}`: `{"source": "name", "attributes": {"station": "51"}}`, both optional.
struct Registration: Hashable {
  /// Nil takes the default source.
  var source: String?
  /// For the source's template, as texts.
  var attributes: [ByteText: String]

  /// The longest name of a source or an attribute, in bytes: DynamoDB takes 255 of them in a condition.
  static let maximumNameBytes: Int = 255

  /// - Parameter body: an empty one is that of an object without members.
  /// - Throws: 400 that names the member which is wrong.
  init(body: [UInt8]) throws(APIError) {
    source = nil
    attributes = [:]
    if body.isEmpty { return }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: body) } catch {
      throw .badRequest("the body is not JSON: \(error)")
    }
    guard let object = json.object else { throw .badRequest("the body is \(json.kind): give an object") }
    for (name, value) in object.members {
      switch ByteText(name) {
      case "source": source = try Self.source(value)
      case "attributes": attributes = try Self.attributes(value)
      default:
        throw .badRequest("the body has a member '\(name.prefix(40))': give source, attributes and nothing else")
      }
    }
  }

  private static func source(_ value: JSON) throws(APIError) -> String? {
    if value.isNull { return nil }
    guard let name = value.string, isName(name) else {
      throw .badRequest(
        "'source' must be the name of a source: 1 to \(maximumNameBytes) bytes without control characters")
    }
    return name
  }

  private static func attributes(_ value: JSON) throws(APIError) -> [ByteText: String] {
    guard let object = value.object else { throw .badRequest("'attributes' is \(value.kind): give an object") }
    var attributes: [ByteText: String] = [:]
    var bytes = 0
    for (name, value) in object.members {
      guard isName(name) else {
        throw .badRequest(
          "an attribute's name '\(name.prefix(40))' must have 1 to \(maximumNameBytes) bytes without control characters"
        )
      }
      guard !SeriesEntry.ownNames.contains(ByteText(name)) else {
        throw .badRequest("'\(name)' is no name for an attribute: the table keeps it for itself")
      }
      let text: String
      switch value {
      case .string(let value), .number(let value): text = value
      case .bool(let flag): text = flag ? "true" : "false"
      case .null, .array, .object:
        throw .badRequest("the attribute '\(name.prefix(40))' is \(value.kind): give a text, a number, true or false")
      }
      attributes[ByteText(name)] = text
      bytes += name.utf8.count + text.utf8.count
    }
    guard attributes.count <= IdentifierRegistry.maximumAttributes, bytes <= IdentifierRegistry.maximumAttributeBytes
    else {
      throw .badRequest(
        "there are \(attributes.count) attributes of \(bytes) bytes: give at most \(IdentifierRegistry.maximumAttributes) of \(IdentifierRegistry.maximumAttributeBytes) bytes in all"
      )
    }
    return attributes
  }

  private static func isName(_ text: String) -> Bool {
    (1...maximumNameBytes).contains(text.utf8.count) && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }
}
