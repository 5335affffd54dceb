import CacheSupport

extension JSON {
  /// A member that an answer must have.
  func required<Value>(_ name: String, _ operation: String, _ read: (JSON) -> Value?) throws(AWSError) -> Value {
    guard let value = self[name].flatMap(read) else {
      throw AWSError(.unexpectedAnswer, "the answer lacks '\(name)', or it is of another kind", operation: operation)
    }
    return value
  }
}

extension AWSError {
  /// An answer that ends too soon, or is no JSON at all.
  static func notJSON(_ error: JSONError, operation: String) -> AWSError {
    var error = AWSError(.unexpectedAnswer, "the answer is not JSON: \(error)", operation: operation)
    error.isTruncated = true
    return error
  }
}
