import AWSClients
import CacheSupport

extension AttributeValue {
  /// Bytes whose order is DynamoDB's for keys and comparisons; nil for types that have none.
  var sortable: [UInt8]? {
    switch self {
    case .s(let text): Array(text.utf8)
    case .n(let text): (try? AttributeNumber(text))?.sortable
    case .b(let text): Base64.decode(text.utf8Span.span)
    default: nil
    }
  }

  /// The value of a key that ``sortable`` stands for.
  init?(sortable: [UInt8], type: AttributeType) {
    switch type {
    case .s: self = .s(String(decoding: sortable, as: UTF8.self))
    case .b: self = .b(Base64.text(sortable.span))
    case .n:
      guard let number = AttributeNumber(sortable: sortable) else { return nil }
      self = .n(number.text)
    default: return nil
    }
  }
}

extension ServiceError {
  /// What DynamoDB says of a number that it does not take.
  init(_ failure: AttributeNumber.Failure, of text: String) {
    self =
      switch failure {
      case .notANumber:
        .validation("The parameter cannot be converted to a numeric value\(text.isEmpty ? "" : ": \(text)")")
      case .tooManyDigits: .validation("Attempting to store more than 38 significant digits in a Number")
      case .overflow:
        .validation("Number overflow. Attempting to store a number with magnitude larger than supported range")
      case .underflow:
        .validation("Number underflow. Attempting to store a number with magnitude smaller than supported range")
      }
  }
}
