import CacheSupport

extension Input {
  /// A list of texts; nil where it is absent.
  ///
  /// - Throws: SerializationException for what is no list, and for an element that is no text.
  mutating func texts(
    _ name: String, required: Bool = false, count: ClosedRange<Int>? = nil
  ) throws(ServiceError) -> [String]? {
    guard let elements = try array(name, required: required, count: count) else { return nil }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else {
        throw .coral("SerializationException", "Unexpected field type", messageName: "Message")
      }
      texts.append(text)
    }
    return texts
  }
}
