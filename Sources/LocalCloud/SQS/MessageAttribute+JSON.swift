import CacheSupport

extension MessageAttribute {
  /// Attributes that a message takes.
  static let most: Int = 10

  /// Reads an object of attributes by name, as they come and as they are kept. Of a name that is there twice, the last counts.
  static func list(_ reader: inout JSONReader) throws -> [MessageAttribute] {
    guard try reader.opensObject() else { return [] }
    var attributes: [MessageAttribute] = []
    while try reader.nextMember() {
      let name = ByteText(try reader.memberName())
      // Past the most that a message takes, they are only counted.
      if attributes.count <= most { attributes.removeAll { $0.name == name } }
      attributes.append(try MessageAttribute(name, &reader))
    }
    return attributes
  }

  private init(_ name: ByteText, _ reader: inout JSONReader) throws {
    self.init(name: name, type: "", value: .text(""))
    guard try reader.opensObject() else { return }
    while try reader.nextMember() {
      if reader.isNamed("DataType") {
        type = try reader.optionalText() ?? ""
      } else if reader.isNamed("StringValue") {
        if let text = try reader.optionalText() { value = .text(text) }
      } else if reader.isNamed("BinaryValue") {
        if let text = try reader.optionalText() { value = .binary(text) }
      } else {
        try reader.skip()
      }
    }
  }

  /// As they are kept with a message; nil where there are none.
  static func stored(_ attributes: [MessageAttribute]) -> String? {
    guard !attributes.isEmpty else { return nil }
    var writer = JSONWriter()
    write(attributes, to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// Those that are kept with a message.
  static func list(stored text: String) -> [MessageAttribute] {
    var reader = JSONReader(text.utf8Span.span)
    // It was written by ``write(_:to:)``.
    return (try? list(&reader)) ?? []
  }

  /// Appends an object of attributes by name.
  static func write(_ attributes: some Sequence<MessageAttribute>, to writer: inout JSONWriter) {
    var isFirst = true
    writer.raw("{")
    for attribute in attributes {
      if !isFirst { writer.raw(",") }
      isFirst = false
      writer.string(attribute.name.text)
      writer.raw(#":{"DataType":"#)
      writer.string(attribute.type)
      switch attribute.value {
      case .text(let text):
        writer.raw(#","StringValue":"#)
        writer.string(text)
      case .binary(let text):
        writer.raw(#","BinaryValue":"#)
        writer.string(text)
      }
      writer.raw("}")
    }
    writer.raw("}")
  }
}
