import CacheSupport

/// What a fault on purpose may give back unprocessed.
extension DynamoDBService {
  var batchFaults: [BatchFault] {
    [
      BatchFault(kind: .unprocessed, operation: "BatchWriteItem") { input, choice throws(ServiceError) in
        try Self.leaveOut(input, &choice, told: "UnprocessedItems") {
          $0.array
        } with: {
          .array($1)
        }
      },
      BatchFault(kind: .unprocessed, operation: "BatchGetItem") { input, choice throws(ServiceError) in
        try Self.leaveOut(input, &choice, told: "UnprocessedKeys") {
          $0["Keys"]?.array
        } with: { table, keys in
          var table = table.object ?? [:]
          table["Keys"] = .array(keys)
          return .object(table)
        }
      },
    ]
  }

  /// Leaves out some of what a batch asks for.
  ///
  /// - Parameters:
  ///   - told: the answer's member with what was not done.
  ///   - elements: what is asked of a table, one by one.
  ///   - table: what is asked of a table, with other elements.
  /// - Throws: what DynamoDB says where nothing of a batch can be done.
  private static func leaveOut(
    _ input: JSONObject, _ choice: inout FaultChoice, told: String, _ elements: (JSON) -> [JSON]?,
    with table: (JSON, [JSON]) -> JSON
  ) throws(ServiceError) -> BatchFault.Remainder {
    let tables = (input["RequestItems"]?.object?.members ?? []).map { ($0.name, $0.value, elements($0.value) ?? []) }
    let count = tables.reduce(0) { $0 + $1.2.count }
    // DynamoDB never gives back all.
    guard count > 1 else { throw .throughputExceeded }
    let picked = choice.pick(of: count, most: count - 1)
    var (kept, left, place) = (JSONObject(), JSONObject(), 0)
    for (name, value, elements) in tables {
      let isPicked = elements.indices.map { picked.contains(place + $0) }
      place += elements.count
      let out = zip(elements, isPicked).filter(\.1).map(\.0)
      let stay = zip(elements, isPicked).filter { !$0.1 }.map(\.0)
      if !out.isEmpty { left[name] = table(value, out) }
      if !stay.isEmpty { kept[name] = table(value, stay) }
    }
    var rest = input
    rest["RequestItems"] = .object(kept)
    let given = left
    return BatchFault.Remainder(input: rest) { answer in
      var members = answer.members
      var all = members[told]?.object ?? [:]
      for (name, value) in given.members {
        // What did not fit into the answer is given back already.
        all[name] =
          all[name].map { other in
            guard case .object(var object) = other else { return .array((other.array ?? []) + (value.array ?? [])) }
            object["Keys"] = .array((object["Keys"]?.array ?? []) + (value["Keys"]?.array ?? []))
            return .object(object)
          } ?? value
      }
      members[told] = .object(all)
      return answer.with(members)
    }
  }
}
