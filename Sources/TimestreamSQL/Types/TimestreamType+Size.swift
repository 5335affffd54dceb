/// How large a type is: what compares or names it walks through all of it.
extension TimestreamType {
  /// The scalar types in it, and those around them.
  var size: Int {
    switch self {
    case .array(let element), .timeseries(let element): 1 + element.size
    case .row(let members): members.reduce(1) { $0 + $1.type.size }
    default: 1
    }
  }

  /// How many types are in each other.
  var depth: Int {
    switch self {
    case .array(let element), .timeseries(let element): 1 + element.depth
    case .row(let members): 1 + members.reduce(0) { max($0, $1.type.depth) }
    default: 1
    }
  }
}
