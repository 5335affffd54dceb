import CacheSupport

/// A name and a value that somebody gave a table, for people and bills.
struct Tag: Sendable, Hashable {
  var key: String
  var value: String

  /// The most that a table has.
  static let limit: Int = 50

  var json: JSON { ["Key": .string(key), "Value": .string(value)] }

  init(key: String, value: String) { (self.key, self.value) = (key, value) }

  init?(json: JSON) {
    guard let key = json["Key"]?.string, let value = json["Value"]?.string else { return nil }
    self.init(key: key, value: value)
  }

  /// Reads `Tags`: at most as many as a table has, each with a name of its own.
  static func read(_ input: inout Input, required: Bool = false) throws(ServiceError) -> [Tag] {
    let elements = try input.array("Tags", required: required) ?? []
    try check(elements.count)
    var tags: [Tag] = []
    var keys: Set<ByteText> = []
    for var element in try input.structures(elements, of: "Tags") {
      let key = try element.string("Key", required: true, length: 1...128)
      let value = try element.string("Value", required: true, length: 0...256)
      input.absorb(element)
      if let key, !keys.insert(ByteText(key)).inserted { throw .parameter("Duplicate tag key: \(key)") }
      for text in [key ?? "", value ?? ""] where !isAllowed(text) {
        throw .parameter("A tag has a character that is not allowed: \(text)")
      }
      tags.append(Tag(key: key ?? "", value: value ?? ""))
    }
    return tags
  }

  /// - Throws: what DynamoDB says of more tags than a table has.
  static func check(_ count: Int) throws(ServiceError) {
    guard count <= limit else { throw .parameter("Too many tags: \(count), the limit is \(limit)") }
  }

  /// Letters, numbers, blanks and a few signs: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Tagging.html>.
  private static func isAllowed(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
        .letterNumber, .otherNumber, .spaceSeparator, .nonspacingMark, .spacingMark:
        true
      default: "_.:/=+-@".unicodeScalars.contains(scalar)
      }
    }
  }
}

extension [Tag] {
  /// The tags with others, of which those win that have the same name.
  func adding(_ others: [Tag]) -> [Tag] {
    var tags = self
    for tag in others {
      if let place = tags.firstIndex(where: { $0.key.hasSameBytes(as: tag.key) }) {
        tags[place] = tag
      } else {
        tags.append(tag)
      }
    }
    return tags
  }
}
