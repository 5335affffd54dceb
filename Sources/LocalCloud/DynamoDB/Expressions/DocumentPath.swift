import AWSClients
import CacheSupport

/// A place in an item: `a.b[3].c`.
struct DocumentPath: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    case name(ByteText)
    case index(Int)
  }
  var steps: [Step]

  var head: String {
    if case .name(let name)? = steps.first { return name.text }
    return ""
  }

  /// As messages show it: `[a, b, [3], c]`.
  var text: String {
    let steps = steps.map { step in
      switch step {
      case .name(let name): name.text
      case .index(let index): "[\(index)]"
      }
    }
    return "[\(steps.joined(separator: ", "))]"
  }

  func value(in item: Item) -> AttributeValue? {
    guard case .name(let head)? = steps.first, var value = item[head] else { return nil }
    for step in steps.dropFirst() {
      switch (step, value) {
      case (.name(let name), .m(let map)):
        guard let next = map[name] else { return nil }
        value = next
      case (.index(let index), .l(let elements)):
        guard elements.indices.contains(index) else { return nil }
        value = elements[index]
      default: return nil
      }
    }
    return value
  }
}

extension [DocumentPath] {
  /// - Throws: what DynamoDB says of a path into a key's attribute, which has no parts.
  func checkKeys(of table: TableDescription) throws(ServiceError) {
    for path in self where path.steps.count > 1 {
      let isKey = table.schema.has(path.head)
      guard isKey || table.indexes.contains(where: { $0.schema.has(path.head) }) else { continue }
      throw .validation(
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: \(isKey ? "Key" : "IndexKey"): \(path.head)"
      )
    }
  }
}
