import CacheSupport

/// Reads the members of a request as the services' front end does: a wrong kind is a SerializationException, all broken
/// constraints together are one ValidationException.
struct Input {
  let object: JSONObject
  private let path: Path
  private var constraints = Constraints()

  /// Where a structure stands in the request. Only messages write it out, so that a list of many costs no text.
  private indirect enum Path {
    case named(String)
    case member(of: Path, String)
    case element(of: Path, list: String, Int)

    var text: String {
      switch self {
      case .named(let name): name
      case .member(let parent, let name): parent.place(name)
      case .element(let parent, let list, let index): "\(parent.place(list)).\(index + 1).member"
      }
    }

    /// A member's place as messages name it: lower camel case.
    func place(_ name: String) -> String {
      let head = name.prefix(1).lowercased() + name.dropFirst()
      let text = text
      return text.isEmpty ? head : "\(text).\(head)"
    }
  }

  init(_ object: JSONObject, path: String = "") { self.init(object, at: .named(path)) }

  private init(_ object: JSONObject, at path: Path) {
    self.object = object
    self.path = path
  }

  mutating func violate(_ name: String, _ value: String?, _ constraint: String) {
    constraints.violate(path.place(name), value, constraint)
  }

  /// The same for a constraint that is not on the member itself, in full words.
  mutating func violate(_ name: String, _ value: String?, inFull constraint: String) {
    constraints.violate(path.place(name), value, inFull: constraint)
  }

  /// A regular expression as messages show it, and what it does.
  struct Pattern: Sendable {
    var text: String
    var matches: @Sendable (String) -> Bool
  }

  private func member(_ name: String) -> JSON? {
    guard let value = object[name], !value.isNull else { return nil }
    return value
  }

  private static func kindError(_ value: JSON, wanted: String) -> ServiceError {
    let kind: JSONToken.Kind =
      switch value {
      case .number: .number
      case .string: .string
      case .bool: .bool
      case .array: .array
      case .object: .object
      case .null: .null
      }
    return kindError(kind, value.bool, wanted: wanted)
  }

  /// A value of a kind that the service's model does not have there.
  ///
  /// - Parameter flag: the value of a boolean.
  static func kindError(_ kind: JSONToken.Kind, _ flag: Bool?, wanted: String) -> ServiceError {
    let text =
      switch kind {
      case .number: "NUMBER_VALUE cannot be converted to \(wanted)"
      case .string: "STRING_VALUE cannot be converted to \(wanted)"
      case .bool: "\(flag ?? false ? "TRUE" : "FALSE")_VALUE cannot be converted to \(wanted)"
      case .object: "Start of structure or map found where not expected"
      case .array, .null: "Unexpected field type"
      }
    return .coral("SerializationException", text, messageName: "Message")
  }

  mutating func string(
    _ name: String, required: Bool = false, length: ClosedRange<Int>? = nil, values: [String]? = nil,
    pattern: Pattern? = nil
  ) throws(ServiceError) -> String? {
    guard let value = member(name) else {
      if required { violate(name, nil, "not be null") }
      return nil
    }
    guard let text = value.string else { throw Self.kindError(value, wanted: "String") }
    if let length {
      // As Java counts.
      let count = text.utf16.count
      if count < length.lowerBound {
        violate(name, text, "have length greater than or equal to \(length.lowerBound)")
      }
      if count > length.upperBound {
        violate(name, text, "have length less than or equal to \(length.upperBound)")
      }
    }
    if let pattern, !pattern.matches(text) {
      violate(name, text, "satisfy regular expression pattern: \(pattern.text)")
    }
    if let values, !values.contains(text) {
      violate(name, text, "satisfy enum value set: [\(values.joined(separator: ", "))]")
    }
    return text
  }

  mutating func integer(
    _ name: String, required: Bool = false, in range: ClosedRange<Int64>? = nil
  ) throws(ServiceError) -> Int64? {
    guard let value = member(name) else {
      if required { violate(name, nil, "not be null") }
      return nil
    }
    guard let number = value.int64 else { throw Self.kindError(value, wanted: "Integer") }
    if let range {
      if number < range.lowerBound {
        violate(name, String(number), "have value greater than or equal to \(range.lowerBound)")
      }
      if number > range.upperBound {
        violate(name, String(number), "have value less than or equal to \(range.upperBound)")
      }
    }
    return number
  }

  mutating func bool(_ name: String) throws(ServiceError) -> Bool? {
    guard let value = member(name) else { return nil }
    guard let flag = value.bool else { throw Self.kindError(value, wanted: "Boolean") }
    return flag
  }

  mutating func array(_ name: String, required: Bool = false, count: ClosedRange<Int>? = nil) throws(ServiceError)
    -> [JSON]?
  {
    guard let value = member(name) else {
      if required { violate(name, nil, "not be null") }
      return nil
    }
    guard let elements = value.array else { throw Self.kindError(value, wanted: "List") }
    if let count {
      let text = elements.isEmpty ? "[]" : "[\(elements.count) elements]"
      if elements.count < count.lowerBound {
        violate(name, text, "have length greater than or equal to \(count.lowerBound)")
      }
      if elements.count > count.upperBound {
        violate(name, text, "have length less than or equal to \(count.upperBound)")
      }
    }
    return elements
  }

  mutating func object(_ name: String, required: Bool = false) throws(ServiceError) -> JSONObject? {
    guard let value = member(name) else {
      if required { violate(name, nil, "not be null") }
      return nil
    }
    guard let object = value.object else { throw Self.kindError(value, wanted: "Structure") }
    return object
  }

  /// True where the member is there and not null.
  func has(_ name: String) -> Bool { member(name) != nil }

  /// A structure within this one, with its own place; nil where it is absent.
  func structure(_ name: String) throws(ServiceError) -> Input? {
    guard let value = member(name) else { return nil }
    guard let object = value.object else { throw Self.kindError(value, wanted: "Structure") }
    return Input(object, at: .member(of: path, name))
  }

  /// The elements of a list of structures, each with its own place.
  func structures(_ elements: [JSON], of name: String) throws(ServiceError) -> [Input] {
    var inputs: [Input] = []
    inputs.reserveCapacity(elements.count)
    for (index, element) in elements.enumerated() {
      guard let object = element.object else { throw Self.kindError(element, wanted: "Structure") }
      inputs.append(Input(object, at: .element(of: path, list: name, index)))
    }
    return inputs
  }

  /// Takes over what a part of the request broke.
  mutating func absorb(_ other: Input) { constraints.absorb(other.constraints) }

  /// - Throws: one error for everything that was broken.
  func check() throws(ServiceError) { try constraints.check() }

  /// - Throws: an error that names members which the local cloud does not emulate.
  func refuse(_ names: String...) throws(ServiceError) {
    for name in names where member(name) != nil {
      throw .validation("The local cloud does not emulate the parameter \(name)")
    }
  }
}
