import CacheSupport
import Foundation
import SigV4

/// A message to be sent, checked.
struct MessageDraft {
  var body: String
  /// The message attributes as they came.
  var attributes: JSONObject
  /// Seconds before it can be received; nil takes the queue's.
  var delay: Int64?
  /// What counts against the limits: body, and names, types and values of attributes.
  var size: Int

  init(_ input: inout Input, _ queue: QueueStore.Queue) throws(ServiceError) {
    guard let body = try input.string("MessageBody"), !body.isEmpty else {
      throw .sqs(
        "MissingRequiredParameterException", "The request must contain the parameter MessageBody.",
        query: "MissingParameter")
    }
    guard body.unicodeScalars.allSatisfy({ $0.value >= 0x20 || [9, 10, 13].contains($0.value) }),
      !body.unicodeScalars.contains(where: { $0.value == 0xFFFE || $0.value == 0xFFFF })
    else {
      throw .sqs(
        "InvalidMessageContents",
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
        query: "InvalidMessageContents")
    }
    if input.object["MessageGroupId"] != nil || input.object["MessageDeduplicationId"] != nil {
      throw .invalidParameter(
        "Value for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."
      )
    }
    delay = try input.integer("DelaySeconds")
    if let delay, !(0...900).contains(delay) {
      throw .invalidParameter(
        "Value \(delay) for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.")
    }
    attributes = try input.object("MessageAttributes") ?? [:]
    guard attributes.count <= 10 else {
      throw .invalidParameter("Number of message attributes [\(attributes.count)] exceeds the allowed maximum [10].")
    }
    self.body = body
    size = body.utf8.count
    for (name, value) in attributes.members {
      guard let type = value["DataType"]?.string, ["String", "Number", "Binary"].contains(type.prefix { $0 != "." })
      else {
        throw .invalidParameter(
          "The message attribute '\(name)' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
        )
      }
      let bytes = Self.bytes(of: value)
      guard !bytes.isEmpty else {
        throw .invalidParameter("Message (user) attribute '\(name)' must contain a non-empty value of type '\(type)'.")
      }
      if type.hasPrefix("Number"), Double(String(decoding: bytes, as: UTF8.self)) == nil {
        throw .invalidParameter("Could not cast message (user) attribute '\(name)' value to number.")
      }
      let isName =
        (1...256).contains(name.utf8.count)
        && name.utf8.allSatisfy { QueueAttributes.isNameByte($0) || $0 == UInt8(ascii: ".") }
      let lowered = name.lowercased()
      guard isName, !lowered.hasPrefix("aws."), !lowered.hasPrefix("amazon."), !name.hasPrefix("."),
        !name.hasSuffix(".")
      else {
        throw .invalidParameter("Message (user) attribute name '\(name)' is invalid.")
      }
      size += name.utf8.count + type.utf8.count + Self.bytes(of: value).count
    }
  }

  static func bytes(of attribute: JSON) -> [UInt8] {
    if let text = attribute["StringValue"]?.string { return Array(text.utf8) }
    return attribute["BinaryValue"]?.string.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? []
  }

  static func md5(ofBody body: String) -> String { Hex.encode(MessageDigest.md5(Array(body.utf8))) }

  /// SQS's own digest of attributes: for each in order of name, the lengths and bytes of name, type and value.
  ///
  /// See "Calculating the MD5 message digest for message attributes" in the SQS developer guide.
  static func md5(ofAttributes attributes: JSONObject) -> String? {
    guard !attributes.isEmpty else { return nil }
    var bytes: [UInt8] = []
    func append(_ part: [UInt8]) {
      let count = UInt32(part.count)
      bytes += [UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + part
    }
    for (name, value) in attributes.members.sorted(by: { $0.name < $1.name }) {
      let type = value["DataType"]?.string ?? ""
      append(Array(name.utf8))
      append(Array(type.utf8))
      bytes.append(type.hasPrefix("Binary") ? 2 : 1)
      append(Self.bytes(of: value))
    }
    return Hex.encode(MessageDigest.md5(bytes))
  }
}

/// Which attributes a receive asks for.
struct ReceiveFilter: Sendable {
  var system: Set<String>
  var custom: Set<String>

  func takesSystem(_ name: String) -> Bool { system.contains("All") || system.contains(name) }

  func takesCustom(_ name: String) -> Bool {
    custom.contains { wanted in
      wanted == "All" || wanted == ".*" || wanted == name
        || wanted.hasSuffix(".*") && name.hasPrefix(wanted.dropLast(2))
    }
  }
}
