package import CacheSupport

extension DynamoDBItems {
  /// The text of an `S`.
  package func text(_ token: JSONToken) throws(AWSError) -> String {
    do throws(JSONError) { return try reader.text(token) } catch { throw .notJSON(error, operation: operation) }
  }

  /// The bytes of a `B`, straight from the answer's; nil where its text is no Base64.
  package func bytes(_ token: JSONToken) throws(AWSError) -> [UInt8]? {
    if let text = reader.plainBytes(token) { return Base64.decode(text) }
    // JSON may write a slash with a backslash before it.
    do throws(JSONError) { return Base64.decode(try reader.text(token).utf8Span.span) } catch {
      throw .notJSON(error, operation: operation)
    }
  }

  /// The numbers of a list; nil where an element is no whole number of 64 bits.
  package func wholeNumbers(at position: JSONReader.Position) throws(AWSError) -> [Int64]? {
    var inner = self
    inner.reader.seek(to: position)
    do throws(JSONError) {
      var numbers: [Int64] = []
      try inner.reader.beginArray()
      while try inner.reader.nextElement() {
        guard case .n(let token) = try inner.typedValue(), let number = inner.reader.int64(token) else { return nil }
        numbers.append(number)
      }
      return numbers
    } catch { throw .notJSON(error, operation: operation) }
  }
}
