import AWSClients
import CacheSupport

extension Item {
  /// Whether names and values together are of at most so many bytes; looks no further than it must.
  func isWithin(_ limit: Int) -> Bool {
    var left = limit
    return takeSizes(&left)
  }

  fileprivate func takeSizes(_ left: inout Int) -> Bool {
    for (name, value) in self {
      left -= name.text.utf8.count
      guard left >= 0, value.takeSize(&left) else { return false }
    }
    return true
  }
}

extension AttributeValue {
  /// Takes the value's size off; false once nothing is left.
  fileprivate func takeSize(_ left: inout Int) -> Bool {
    switch self {
    case .s(let text): left -= text.utf8.count
    case .n(let text): left -= (try? AttributeNumber(text))?.size ?? 0
    case .b(let text): left -= Base64.decodedCount(text.utf8Span.span) ?? 0
    case .bool, .null: left -= 1
    case .ss(let texts): for text in texts { left -= text.utf8.count }
    case .ns(let texts): for text in texts where left >= 0 { _ = AttributeValue.n(text).takeSize(&left) }
    case .bs(let texts): for text in texts where left >= 0 { _ = AttributeValue.b(text).takeSize(&left) }
    case .l(let elements):
      left -= 3
      for element in elements {
        left -= 1
        guard left >= 0, element.takeSize(&left) else { return false }
      }
    case .m(let map):
      left -= 3 + map.count
      return left >= 0 && map.takeSizes(&left)
    }
    return left >= 0
  }
}
