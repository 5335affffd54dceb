import CacheSupport

extension SourceDescription.MeasureType {
  /// What a source's value is as a type.
  enum Reading {
    case value(MeasureValue)
    /// Null, or an empty text: the row has no such measure.
    case blank
    case unreadable
  }

  /// A JSON value as this type. Numbers may be texts, by JSON's grammar; booleans may be `"true"` and `"false"`.
  func read(_ token: JSONToken, in reader: borrowing JSONReader) -> Reading {
    if token.kind == .null || token.kind == .string && reader.equals(token, "" as StaticString) { return .blank }
    let value: MeasureValue? =
      switch self {
      case .double: reader.double(token).flatMap { MeasureValue.finite($0) }
      case .bigint: reader.int64(token).map { .bigint($0) }
      case .varchar: Self.text(token, reader).map { .varchar($0) }
      case .boolean: Self.flag(token, reader).map { .boolean($0) }
      }
    return value.map { .value($0) } ?? .unreadable
  }

  /// Timestream takes 2,048 bytes.
  private static func text(_ token: JSONToken, _ reader: borrowing JSONReader) -> String? {
    guard token.kind == .string || token.kind == .number, let text = try? reader.text(token) else { return nil }
    return text.utf8.count <= 2048 ? text : nil
  }

  private static func flag(_ token: JSONToken, _ reader: borrowing JSONReader) -> Bool? {
    guard token.kind == .string else { return reader.bool(token) }
    if reader.equals(token, "true" as StaticString) { return true }
    return reader.equals(token, "false" as StaticString) ? false : nil
  }
}
