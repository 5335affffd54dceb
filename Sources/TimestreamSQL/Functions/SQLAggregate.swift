/// An aggregate of Timestream's SQL: each way to call it, the first that fits taken. An argument of a certain type is brought to it.
struct SQLAggregate: Sendable {
  enum Call: Sendable {
    /// SQLite's own; where it is not exact, ours instead: where doubles may be NaN, and where rows leave a window.
    case sqlite(String, exact: NativeAggregate? = nil)
    case native(NativeAggregate)
  }

  struct Signature: Sendable {
    let parameters: [TypePattern]
    let result: TypePattern
    let call: Call
    /// What is done with an argument before, and with the result after, with `$0` for it.
    var argument: SQLTemplate?
    var wrapper: SQLTemplate?
    /// Which arguments the aggregate takes, in its order; nil stands for 1. All, where there is no order.
    var order: [Int?]?
    var isDistinct = false

    init(
      _ parameters: [TypePattern], _ result: TypePattern, _ call: Call, argument: SQLTemplate? = nil,
      wrapper: SQLTemplate? = nil, order: [Int?]? = nil, isDistinct: Bool = false
    ) {
      self.parameters = parameters
      self.result = result
      self.call = call
      self.argument = argument
      self.wrapper = wrapper
      self.order = order
      self.isDistinct = isDistinct
    }
  }

  let name: String
  let signatures: [Signature]

  init(_ name: String, _ signatures: Signature...) { self.init(name, signatures) }

  init(_ name: String, _ signatures: [Signature]) {
    self.name = name
    self.signatures = signatures
  }

  /// An aggregate that passes its arguments to one of our own as they are.
  init(_ parameters: [TypePattern], _ result: TypePattern, _ native: NativeAggregate) {
    self.init(native.name, .init(parameters, result, .native(native)))
  }

  /// The way to call it over types, and what it becomes; nil where it takes none such.
  func matching(_ types: [TimestreamType]) -> (signature: Signature, bindings: TypePattern.Bindings)? {
    for signature in signatures where signature.parameters.count == types.count {
      var bindings = TypePattern.Bindings()
      if zip(signature.parameters, types).allSatisfy({ bindings.fit($0, $1) }) { return (signature, bindings) }
    }
    return nil
  }
}

extension Window {
  /// Whether a row can leave a frame before its partition ends.
  var losesRows: Bool {
    switch frame?.start {
    case nil, .unboundedPreceding: false
    case .currentRow, .unboundedFollowing, .preceding, .following: true
    }
  }
}
