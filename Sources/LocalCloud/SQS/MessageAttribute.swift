import CacheSupport
import SigV4

/// An attribute that a sender gave a message.
struct MessageAttribute: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case text(String)
    /// Base64, as it came.
    case binary(String)
  }

  var name: ByteText
  /// `String`, `Number` or `Binary`, with or without a label after a dot.
  var type: String
  var value: Value

  /// The bytes that count, and that the digest covers. None for what is no Base64.
  var bytes: [UInt8] {
    switch value {
    case .text(let text): Array(text.utf8)
    case .binary(let text): Base64.decode(text.utf8Span.span) ?? []
    }
  }

  /// Bytes of the name, the type and the value.
  var size: Int { name.text.utf8.count + type.utf8.count + bytes.count }

  /// - Throws: SQS's words for what is wrong with it.
  func check() throws(ServiceError) {
    guard ["String", "Number", "Binary"].contains(where: isOfType) else {
      throw .invalidParameter(
        "The message attribute '\(name)' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
      )
    }
    let bytes = bytes
    guard !bytes.isEmpty else {
      throw .invalidParameter("Message (user) attribute '\(name)' must contain a non-empty value of type '\(type)'.")
    }
    if isOfType("Number"), Double(String(decoding: bytes, as: UTF8.self)) == nil {
      throw .invalidParameter("Could not cast message (user) attribute '\(name)' value to number.")
    }
    let utf8 = name.text.utf8
    let dot = UInt8(ascii: ".")
    let lowered = utf8.prefix(7).map { $0 | 0x20 }
    guard (1...256).contains(utf8.count), utf8.allSatisfy({ ASCII.isNameByte($0) || $0 == dot }),
      !lowered.starts(with: "aws.".utf8), !lowered.starts(with: "amazon.".utf8), utf8.first != dot, utf8.last != dot
    else {
      throw .invalidParameter("Message (user) attribute name '\(name)' is invalid.")
    }
  }

  private func isOfType(_ prefix: String) -> Bool {
    type.utf8.prefix { $0 != UInt8(ascii: ".") }.elementsEqual(prefix.utf8)
  }

  /// SQS's own digest of attributes: for each in order of name, the lengths and bytes of name, type and value.
  ///
  /// See "Calculating the MD5 message digest for message attributes" in the SQS developer guide.
  ///
  /// - Returns: nil where there are none.
  static func md5(of attributes: [MessageAttribute]) -> String? {
    guard !attributes.isEmpty else { return nil }
    var bytes: [UInt8] = []
    func append(_ part: some Collection<UInt8>) {
      for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: part.count >> shift)) }
      bytes += part
    }
    for attribute in attributes.sorted(by: { $0.name < $1.name }) {
      append(attribute.name.text.utf8)
      append(attribute.type.utf8)
      bytes.append(attribute.isOfType("Binary") ? 2 : 1)
      append(attribute.bytes)
    }
    return Hex.encode(MessageDigest.md5(bytes))
  }
}
