import AWSClients
import CacheSupport

/// What an update makes of an item. No two of its paths touch.
///
/// See <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html>.
struct UpdateExpression: Sendable {
  var changes: [(path: DocumentPath, change: Change)] = []
  /// What is said where a change does not fit the type of what is there.
  var mismatch: ServiceError = .wrongOperand

  enum Change: Sendable {
    case set(Value)
    case remove
    /// Adds a number, or the members of a set.
    case add(AttributeValue)
    /// Takes members out of a set.
    case delete(AttributeValue)
  }

  /// The right side of `SET`.
  indirect enum Value: Sendable {
    case path(DocumentPath)
    case value(AttributeValue)
    case ifNotExists(DocumentPath, Value)
    case append(Value, Value)
    case sum(Value, Value)
    case difference(Value, Value)
  }

  var paths: [DocumentPath] { changes.map(\.path) }

  /// True where nothing is set and nothing added: such an update makes no item, and finds no fault with one that is absent.
  var onlyRemoves: Bool {
    changes.allSatisfy { change in
      switch change.change {
      case .remove, .delete: true
      case .set, .add: false
      }
    }
  }

  /// The item with every change. All values are those of the item before, and so are the indexes of lists.
  func applied(to item: Item) throws(ServiceError) -> Item {
    do throws(ServiceError) { return try changed(item) } catch { throw error == .wrongOperand ? mismatch : error }
  }

  private func changed(_ item: Item) throws(ServiceError) -> Item {
    var tree = ChangeTree()
    var appended = 0
    for (path, change) in changes {
      if case .set(let value) = change {
        let result = try value.result(in: item)
        if case .append = value, case .l(let elements) = result { appended += elements.count }
        // Each element of each list will be in the item, and none is smaller than a byte.
        guard appended <= DynamoDBService.itemLimit else { throw .updateTooLarge }
        tree.add(.set(.value(result)), at: path.steps[...])
      } else {
        tree.add(change, at: path.steps[...])
      }
    }
    guard case .m(let changed)? = try tree.applied(to: .m(item)) else { throw .invalidPath }
    return changed
  }
}

extension UpdateExpression.Value {
  func result(in item: Item) throws(ServiceError) -> AttributeValue {
    switch self {
    case .value(let value): return value
    case .path(let path):
      guard let value = path.value(in: item) else {
        throw .validation("The provided expression refers to an attribute that does not exist in the item")
      }
      return value
    case .ifNotExists(let path, let value):
      guard let found = path.value(in: item) else { return try value.result(in: item) }
      return found
    case .append(let one, let other):
      guard case .l(let first) = try one.result(in: item), case .l(let second) = try other.result(in: item) else {
        throw .wrongOperand
      }
      return .l(first + second)
    case .sum(let one, let other): return try Self.sum(one.result(in: item), other.result(in: item))
    case .difference(let one, let other):
      return try Self.sum(one.result(in: item), other.result(in: item), negated: true)
    }
  }

  static func sum(
    _ one: AttributeValue, _ other: AttributeValue, negated: Bool = false
  ) throws(ServiceError) -> AttributeValue {
    guard case .n(let first) = one, case .n(let second) = other else { throw .wrongOperand }
    do throws(AttributeNumber.Failure) {
      let number = try AttributeNumber(second)
      return .n(try AttributeNumber(first).adding(negated ? number.negated : number).text)
    } catch { throw ServiceError(error, of: second) }
  }
}

/// The changes by their place, so that each map and each list is rebuilt once.
private struct ChangeTree {
  private var change: UpdateExpression.Change?
  private var children: [DocumentPath.Step: ChangeTree] = [:]

  mutating func add(_ change: UpdateExpression.Change, at steps: ArraySlice<DocumentPath.Step>) {
    guard let first = steps.first else {
      self.change = change
      return
    }
    children[first, default: ChangeTree()].add(change, at: steps.dropFirst())
  }

  /// - Parameter value: what is there; nil for nothing.
  /// - Returns: what is to be there; nil for nothing.
  func applied(to value: AttributeValue?) throws(ServiceError) -> AttributeValue? {
    if let change { return try change.result(of: value) }
    switch value {
    case .m(var map)?:
      for (step, child) in children {
        guard case .name(let name) = step else { throw .invalidPath }
        map[name] = try child.applied(to: map[name])
      }
      return .m(map)
    case .l(let elements)?: return .l(try applied(to: elements))
    default: throw .invalidPath
    }
  }

  /// Indexes are those of the list as it was; what lies past its end comes after it, in the order of the indexes.
  private func applied(to elements: [AttributeValue]) throws(ServiceError) -> [AttributeValue] {
    var changed = elements.map { AttributeValue?.some($0) }
    var past: [(index: Int, value: AttributeValue?)] = []
    for (step, child) in children {
      guard case .index(let index) = step else { throw .invalidPath }
      if elements.indices.contains(index) {
        changed[index] = try child.applied(to: elements[index])
      } else {
        past.append((index, try child.applied(to: nil)))
      }
    }
    return (changed + past.sorted { $0.index < $1.index }.map(\.value)).compactMap(\.self)
  }
}

extension UpdateExpression.Change {
  fileprivate func result(of old: AttributeValue?) throws(ServiceError) -> AttributeValue? {
    switch (self, old) {
    case (.set(let value), _): return try value.result(in: [:])
    case (.remove, _), (.delete, nil): return nil
    case (.add(let value), nil): return value
    case (.add(let value), let old?):
      if case .n = value { return try UpdateExpression.Value.sum(old, value) }
      return try Self.members(of: old, value) { $0.union($1) }
    case (.delete(let value), let old?): return try Self.members(of: old, value) { $0.subtracting($1) }
    }
  }

  /// Nil where no member is left: there are no empty sets.
  private static func members(
    of old: AttributeValue, _ value: AttributeValue, _ combine: (Set<ByteText>, Set<ByteText>) -> Set<ByteText>
  ) throws(ServiceError) -> AttributeValue? {
    func combined(_ one: [String], _ other: [String]) -> [String]? {
      let members = combine(Set(one.map { ByteText($0) }), Set(other.map { ByteText($0) }))
      return members.isEmpty ? nil : members.sorted().map(\.text)
    }
    return switch (old, value) {
    case (.ss(let one), .ss(let other)): combined(one, other).map { .ss($0) }
    case (.ns(let one), .ns(let other)): combined(one, other).map { .ns($0) }
    case (.bs(let one), .bs(let other)): combined(one, other).map { .bs($0) }
    default: throw .wrongOperand
    }
  }
}

extension ServiceError {
  fileprivate static let invalidPath: ServiceError = .validation(
    "The document path provided in the update expression is invalid for update")
  fileprivate static let wrongOperand: ServiceError = .validation(
    "An operand in the update expression has an incorrect data type")
}
