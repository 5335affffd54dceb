import CacheSupport

/// What a member of an operation's input or output is. The query protocol needs to know: a form and XML have texts alone.
///
/// Lists and maps are flattened, as SQS has them: `Name.1`, `Name.2` in a form, and elements one after another in XML. Those of
/// ``members(_:)`` are as most services have them: `Name.member.1`, and elements named `member` within one.
indirect enum QueryShape: Sendable {
  case text
  case integer
  case flag
  case list(QueryShape)
  case members(QueryShape)
  /// With the names of an entry's key and value.
  case map(key: String, value: String, QueryShape)
  case structure([QueryMember])
}

/// A member of a structure.
struct QueryMember: Sendable {
  /// In the JSON protocol.
  var name: String
  /// In a form and in XML.
  var wireName: String
  var shape: QueryShape

  init(_ name: String, _ shape: QueryShape = .text, as wireName: String? = nil) {
    self.name = name
    self.wireName = wireName ?? name
    self.shape = shape
  }
}

extension [QueryMember] {
  /// The input of an operation, as the JSON protocol would have brought it.
  ///
  /// - Throws: MalformedInput for a text that is no number or flag where one is wanted.
  func input(_ fields: FormFields) throws(ServiceError) -> JSON {
    var object: JSONObject = [:]
    for member in self {
      if let part = fields[member.wireName] { object[member.name] = try member.shape.input(part, member.wireName) }
    }
    return .object(object)
  }

  /// Appends the members of an answer.
  func write(_ object: JSON, to writer: inout XMLWriter) {
    for member in self {
      if let value = object[member.name] { member.shape.write(value, as: member.wireName, to: &writer) }
    }
  }
}

extension QueryShape {
  fileprivate func input(_ fields: FormFields, _ name: String) throws(ServiceError) -> JSON {
    switch self {
    case .text: return .string(fields.text ?? "")
    case .integer:
      guard let number = Int64(fields.text ?? "") else { throw Self.malformed(fields, name, "an integer") }
      return .integer(number)
    case .flag:
      switch fields.text {
      case "true": return true
      case "false": return false
      default: throw Self.malformed(fields, name, "true or false")
      }
    case .list(let shape):
      var elements: [JSON] = []
      for element in fields.elements { elements.append(try shape.input(element, name)) }
      return .array(elements)
    case .members(let shape): return try QueryShape.list(shape).input(fields["member"] ?? FormFields(), name)
    case .map(let key, let value, let shape):
      var object: JSONObject = [:]
      for entry in fields.elements {
        object[entry[key]?.text ?? ""] = try shape.input(entry[value] ?? FormFields(), name)
      }
      return .object(object)
    case .structure(let members): return try members.input(fields)
    }
  }

  private static func malformed(_ fields: FormFields, _ name: String, _ wanted: String) -> ServiceError {
    ServiceError(type: "MalformedInput", message: "Value \(fields.text ?? "") for parameter \(name) must be \(wanted).")
  }

  fileprivate func write(_ value: JSON, as name: String, to writer: inout XMLWriter) {
    switch self {
    case .text, .integer, .flag: writer.element(name, value.string ?? value.text)
    case .list(let shape): for element in value.array ?? [] { shape.write(element, as: name, to: &writer) }
    case .members(let shape): writer.element(name) { QueryShape.list(shape).write(value, as: "member", to: &$0) }
    case .map(let keyName, let valueName, let shape):
      for entry in value.object?.members ?? [] {
        writer.element(name) { writer in
          writer.element(keyName, entry.name)
          shape.write(entry.value, as: valueName, to: &writer)
        }
      }
    case .structure(let members): writer.element(name) { members.write(value, to: &$0) }
    }
  }
}
