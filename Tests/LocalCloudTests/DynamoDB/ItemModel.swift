import AWSClients
import CacheSupport

/// A second, plain account of what UpdateItem does, to hold the emulation to: it shares no code with it.
enum ModelValue: Hashable {
  case number(Int)
  case text(String)
  case set(Set<String>)
  case list([ModelValue])
  case map([String: ModelValue])

  var json: JSON {
    switch self {
    case .number(let number): ["N": .string(String(number))]
    case .text(let text): ["S": .string(text)]
    case .set(let members): ["SS": .array(members.sorted().map { .string($0) })]
    case .list(let elements): ["L": .array(elements.map(\.json))]
    case .map(let map): ["M": .object(JSONObject(map.mapValues(\.json)))]
    }
  }

  /// What `size` gives; nil for a number.
  var size: Int? {
    switch self {
    case .number: nil
    case .text(let text): text.utf8.count
    case .set(let members): members.count
    case .list(let elements): elements.count
    case .map(let map): map.count
    }
  }
}

typealias ModelItem = [String: ModelValue]

/// One change of an update: what it is in words, and what it makes of an attribute.
struct ModelChange {
  struct Refused: Error {}

  var section: String
  var text: String
  var attribute: String
  var values: [String: ModelValue] = [:]
  /// What is to be there, from what is there and from the whole item before.
  var apply: (_ old: ModelValue?, _ item: ModelItem) throws(Refused) -> ModelValue?

  var onlyRemoves: Bool { section == "REMOVE" || section == "DELETE" }
}

extension ModelChange {
  /// Some change of an attribute.
  ///
  /// - Parameter name: of the value that it binds.
  static func random(
    _ a: String, value name: String, among attributes: [String], _ random: inout some RandomNumberGenerator
  ) -> ModelChange {
    let number = Int.random(in: -9...9, using: &random)
    let members = Set(["x", "y", "z"].shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)))
    let place = Int.random(in: 0...3, using: &random)
    let value = ModelValue.random(&random)
    switch Int.random(in: 0..<14, using: &random) {
    case 0, 1:
      return ModelChange(section: "SET", text: "\(a) = \(name)", attribute: a, values: [name: value]) { _, _ in value }
    case 2:
      let sign = number % 2 == 0 ? "+" : "-"
      return ModelChange(
        section: "SET", text: "\(a) = \(a) \(sign) \(name)", attribute: a, values: [name: .number(number)]
      ) {
        old, _ throws(Refused) in
        guard case .number(let old)? = old else { throw Refused() }
        return .number(sign == "+" ? old + number : old - number)
      }
    case 3:
      return ModelChange(
        section: "SET", text: "\(a) = if_not_exists(\(a), \(name))", attribute: a, values: [name: value]
      ) { old, _ in old ?? value }
    case 4, 5:
      let isFirst = number < 0
      let text = isFirst ? "list_append(\(name), \(a))" : "list_append(\(a), \(name))"
      let more = [ModelValue.number(number), value]
      return ModelChange(section: "SET", text: "\(a) = \(text)", attribute: a, values: [name: .list(more)]) {
        old, _ throws(Refused) in
        guard case .list(let old)? = old else { throw Refused() }
        return .list(isFirst ? more + old : old + more)
      }
    case 6:
      return ModelChange(section: "SET", text: "\(a)[\(place)] = \(name)", attribute: a, values: [name: value]) {
        old, _ throws(Refused) in
        guard case .list(var old)? = old else { throw Refused() }
        if place < old.count { old[place] = value } else { old.append(value) }
        return .list(old)
      }
    case 7:
      return ModelChange(section: "SET", text: "\(a).k = \(name)", attribute: a, values: [name: value]) {
        old, _ throws(Refused) in
        guard case .map(var old)? = old else { throw Refused() }
        old["k"] = value
        return .map(old)
      }
    case 8: return ModelChange(section: "REMOVE", text: a, attribute: a) { _, _ in nil }
    case 9:
      return ModelChange(section: "REMOVE", text: "\(a)[\(place)]", attribute: a) { old, _ throws(Refused) in
        guard case .list(var old)? = old else { throw Refused() }
        if place < old.count { old.remove(at: place) }
        return .list(old)
      }
    case 10:
      return ModelChange(section: "ADD", text: "\(a) \(name)", attribute: a, values: [name: .number(number)]) {
        old, _ throws(Refused) in
        guard let old else { return .number(number) }
        guard case .number(let old) = old else { throw Refused() }
        return .number(old + number)
      }
    case 11:
      return ModelChange(section: "ADD", text: "\(a) \(name)", attribute: a, values: [name: .set(members)]) {
        old, _ throws(Refused) in
        guard let old else { return .set(members) }
        guard case .set(let old) = old else { throw Refused() }
        return .set(old.union(members))
      }
    case 12:
      return ModelChange(section: "DELETE", text: "\(a) \(name)", attribute: a, values: [name: .set(members)]) {
        old, _ throws(Refused) in
        guard let old else { return nil }
        guard case .set(let old) = old else { throw Refused() }
        let left = old.subtracting(members)
        return left.isEmpty ? nil : .set(left)
      }
    default:
      let other = attributes.filter { $0 != a }.randomElement(using: &random) ?? a
      return ModelChange(section: "SET", text: "\(a) = \(other)", attribute: a) { _, item throws(Refused) in
        guard let value = item[other] else { throw Refused() }
        return value
      }
    }
  }

  /// The item after changes of different attributes; nil for none.
  static func applied(_ changes: [ModelChange], to item: ModelItem?) throws(Refused) -> ModelItem? {
    if item == nil, !changes.isEmpty, changes.allSatisfy(\.onlyRemoves) { return nil }
    let before = item ?? [:]
    var after = before
    for change in changes { after[change.attribute] = try change.apply(before[change.attribute], before) }
    return after
  }
}

extension ModelValue {
  static func random(_ random: inout some RandomNumberGenerator) -> ModelValue {
    let number = Int.random(in: -9...9, using: &random)
    return switch Int.random(in: 0..<5, using: &random) {
    case 0: .number(number)
    case 1: .text(["", "a", "ab", "é"].randomElement(using: &random) ?? "")
    case 2: .set(["x", number < 0 ? "y" : "z"])
    case 3: .list([.number(number), .text("a")])
    default: .map(["k": .number(number)])
    }
  }
}

/// A condition in words, and whether it holds.
struct ModelCondition {
  var text: String
  var values: [String: ModelValue] = [:]
  var holds: (ModelItem) -> Bool

  static func random(_ a: String, _ depth: Int, _ random: inout some RandomNumberGenerator) -> ModelCondition {
    let name = ":c\(Int.random(in: 0..<1_000_000_000, using: &random))"
    let number = Int.random(in: -9...9, using: &random)
    let value = ModelValue.random(&random)
    switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
    case 0: return ModelCondition(text: "attribute_exists(\(a))") { $0[a] != nil }
    case 1: return ModelCondition(text: "attribute_not_exists(\(a))") { $0[a] == nil }
    case 2: return ModelCondition(text: "\(a) = \(name)", values: [name: value]) { $0[a] == value }
    case 3: return ModelCondition(text: "\(a) <> \(name)", values: [name: value]) { $0[a] != value }
    case 4:
      return ModelCondition(text: "\(a) < \(name)", values: [name: .number(number)]) { item in
        guard case .number(let found)? = item[a] else { return false }
        return found < number
      }
    case 5:
      return ModelCondition(text: "size(\(a)) >= \(name)", values: [name: .number(number)]) { item in
        item[a]?.size.map { $0 >= number } ?? false
      }
    case 6:
      let inner = Self.random(a, depth - 1, &random)
      return ModelCondition(text: "NOT (\(inner.text))", values: inner.values) { !inner.holds($0) }
    case let kind:
      let (one, other) = (Self.random(a, depth - 1, &random), Self.random(a, depth - 1, &random))
      return ModelCondition(
        text: "(\(one.text)) \(kind == 7 ? "AND" : "OR") (\(other.text))",
        values: one.values.merging(other.values) { one, _ in one }
      ) { kind == 7 ? one.holds($0) && other.holds($0) : one.holds($0) || other.holds($0) }
    }
  }
}
