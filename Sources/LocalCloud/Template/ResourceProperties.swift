import CacheSupport

/// The tags of a resource, by key.
typealias ResourceTags = [ByteText: String]

/// Reads the properties of a resource: what is understood, what is passed over and told, and the rest, which is refused.
struct ResourceProperties {
  let logicalID: String
  private let members: [TemplateValue.Member]
  private let line: Int
  private var left: Set<String>
  /// The properties that were there and do nothing on this machine.
  private(set) var ignored: [String] = []
  /// What was asked for, whether or not it is there.
  private(set) var known = Known()

  /// The properties that the local cloud knows.
  struct Known: Hashable, Sendable {
    var read: Set<String> = []
    var passedOver: Set<String> = []
  }

  init(_ logicalID: String, _ value: TemplateValue) throws(TemplateError) {
    self.logicalID = logicalID
    guard let members = value.members else {
      throw TemplateError("\(logicalID): a map is wanted here, not \(value.kindName)", line: value.line)
    }
    self.members = members
    line = value.line
    left = Set(members.map(\.name))
  }

  private mutating func take(_ name: String) -> TemplateValue? {
    known.read.insert(name)
    left.remove(name)
    return members.first { $0.name == name }?.value
  }

  var names: [String] { members.map(\.name) }

  /// Whether a property is there, and is a map.
  func isMap(_ name: String) -> Bool { members.first { $0.name == name }?.value.members != nil }

  func missing(_ name: String) -> TemplateError { TemplateError("\(logicalID) has no \(name)", line: line) }

  mutating func text(_ name: String) throws(TemplateError) -> String? {
    guard let value = take(name) else { return nil }
    guard let text = value.text else {
      throw TemplateError("\(name) of \(logicalID) is a text, not \(value.kindName)", line: value.line)
    }
    return text
  }

  mutating func boolean(_ name: String) throws(TemplateError) -> Bool? {
    guard let value = take(name) else { return nil }
    return try value.boolean("\(name) of \(logicalID)")
  }

  mutating func required(_ name: String) throws(TemplateError) -> String {
    guard let text = try text(name) else { throw missing(name) }
    return text
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(TemplateError) -> Int? {
    let line = members.first { $0.name == name }?.value.line
    guard let text = try text(name) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      throw TemplateError(
        "\(name) of \(logicalID) is '\(text)': give \(range.lowerBound) to \(range.upperBound)", line: line)
    }
    return number
  }

  /// A text that is one of some.
  mutating func choice(_ name: String, _ values: [String]) throws(TemplateError) -> String? {
    let line = members.first { $0.name == name }?.value.line
    guard let text = try text(name) else { return nil }
    guard values.contains(text) else {
      throw TemplateError(
        "\(name) of \(logicalID) is '\(text)'; the local cloud knows \(values.joined(separator: ", "))", line: line)
    }
    return text
  }

  mutating func list(_ name: String) throws(TemplateError) -> [TemplateValue] {
    guard let value = take(name) else { return [] }
    guard let elements = value.elements else {
      throw TemplateError("\(name) of \(logicalID) is a list, not \(value.kindName)", line: value.line)
    }
    return elements
  }

  mutating func texts(_ name: String) throws(TemplateError) -> [String: String] {
    guard let value = take(name) else { return [:] }
    guard let members = value.members else {
      throw TemplateError("\(name) of \(logicalID) is a map, not \(value.kindName)", line: value.line)
    }
    var texts: [String: String] = [:]
    for member in members {
      guard let text = member.value.text else {
        throw TemplateError("\(member.name) of \(logicalID) is a text, not \(member.value.kindName)", line: value.line)
      }
      texts[member.name] = text
    }
    return texts
  }

  /// A value as it is, such as one that a service reads by itself.
  mutating func value(_ name: String) -> TemplateValue? { take(name) }

  /// `Tags`: a map, or a list of `Key` and `Value`, as the type has them.
  mutating func tags() throws(TemplateError) -> ResourceTags {
    guard let value = take("Tags") else { return [:] }
    var tags: ResourceTags = [:]
    if let members = value.members {
      for member in members {
        guard let text = member.value.text else {
          throw TemplateError("the tag \(member.name) of \(logicalID) is a text", line: member.value.line)
        }
        tags[ByteText(member.name)] = text
      }
      return tags
    }
    guard let elements = value.elements else {
      throw TemplateError("Tags of \(logicalID) is a list or a map, not \(value.kindName)", line: value.line)
    }
    for element in elements {
      guard let key = element["Key"]?.text, let text = element["Value"]?.text else {
        throw TemplateError("a tag of \(logicalID) has a Key and a Value", line: element.line)
      }
      tags[ByteText(key)] = text
    }
    return tags
  }

  /// A map within, read on its own; nil where it is absent.
  mutating func part(_ name: String) throws(TemplateError) -> ResourceProperties? {
    guard let value = take(name) else { return nil }
    return try ResourceProperties("\(logicalID).\(name)", value)
  }

  mutating func ignore(_ names: String...) {
    known.passedOver.formUnion(names)
    for name in names where left.remove(name) != nil { ignored.append(name) }
  }

  /// Takes over what was ignored in a part, and refuses what was not understood there.
  mutating func absorb(_ part: consuming ResourceProperties) throws(TemplateError) {
    try part.finish()
    let prefix = part.logicalID.dropFirst(logicalID.count + 1)
    ignored += part.ignored.map { "\(prefix).\($0)" }
  }

  /// - Throws: ``TemplateError`` that names the first property that nobody asked for.
  func finish() throws(TemplateError) {
    guard let unknown = members.first(where: { left.contains($0.name) }) else { return }
    throw TemplateError(
      "\(logicalID): the local cloud does not emulate the property \(unknown.name)", line: unknown.value.line)
  }
}

extension ResourceTags {
  /// As most services take them.
  var list: JSON {
    .array(sorted { $0.key < $1.key }.map { ["Key": .string($0.key.text), "Value": .string($0.value)] })
  }
}
