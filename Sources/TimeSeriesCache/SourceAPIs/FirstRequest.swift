import CacheSupport

/// A request whose answer completes the URL of those that follow.
struct FirstRequest: Sendable {
  let description: SourceDescription.First
  let url: String
  /// What the URL of those that follow names beside the values that the answer has.
  let values: [ByteText: String]

  /// What an answer has in the places of the values.
  ///
  /// - Throws: ``SourceError`` for what is not JSON, and for a place without a text or a number.
  func values(
    in body: [UInt8], _ source: SourceDescription, _ redactor: Redactor
  ) throws(SourceError) -> [ByteText: String] {
    typealias First = SourceDescription.First
    var found: [PlaceTree.Found?] = Array(repeating: nil, count: description.values.count)
    var reader = JSONReader(body.span)
    do throws(JSONError) {
      try PlaceTree(description.values.map(\.place)).find(in: &reader, &found)
      try reader.end()
    } catch { throw SourceError(source.name, at: "answer", "is not JSON: \(error)" + redactor.words(of: body)) }
    var values: [ByteText: String] = [:]
    for (value, found) in zip(description.values, found) {
      let place = "answer \(value.place)"
      guard let token = found?.token else {
        throw SourceError(
          source.name, at: place,
          "is not there: first/values/\(value.name) of the description names it" + redactor.words(of: body))
      }
      guard token.kind == .string || token.kind == .number, let text = try? reader.text(token), !text.isEmpty,
        text.utf8.count <= First.maximumValueBytes
      else {
        throw SourceError(
          source.name, at: place,
          "'\(reader.excerpt(token, redactor))' is no value for {\(value.name)}: a text or a number is, of at most \(First.maximumValueBytes) bytes"
        )
      }
      values[value.name] = text
    }
    return values
  }
}
