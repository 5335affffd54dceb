import AWSClients
import CacheSupport

/// The types of DynamoDB's values, as the wire names them.
enum AttributeType: String, Sendable, CaseIterable {
  case s = "S"
  case n = "N"
  case b = "B"
  case bool = "BOOL"
  case null = "NULL"
  case l = "L"
  case m = "M"
  case ss = "SS"
  case ns = "NS"
  case bs = "BS"

  /// The type that the name of the member that a reader is at stands for; nil for any other name.
  init?(_ reader: borrowing JSONReader) {
    if reader.isNamed("S") {
      self = .s
    } else if reader.isNamed("N") {
      self = .n
    } else if reader.isNamed("B") {
      self = .b
    } else if reader.isNamed("M") {
      self = .m
    } else if reader.isNamed("L") {
      self = .l
    } else if reader.isNamed("SS") {
      self = .ss
    } else if reader.isNamed("NS") {
      self = .ns
    } else if reader.isNamed("BS") {
      self = .bs
    } else if reader.isNamed("BOOL") {
      self = .bool
    } else if reader.isNamed("NULL") {
      self = .null
    } else {
      return nil
    }
  }

  /// Those that have an order, by which keys are kept and `<` compares.
  var isOrdered: Bool { self == .s || self == .n || self == .b }
}

extension AttributeValue {
  var type: AttributeType {
    switch self {
    case .s: .s
    case .n: .n
    case .b: .b
    case .bool: .bool
    case .null: .null
    case .l: .l
    case .m: .m
    case .ss: .ss
    case .ns: .ns
    case .bs: .bs
    }
  }
}
