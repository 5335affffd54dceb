import CacheSupport

extension QueryEngine {
  /// PrepareQuery: the columns that a query would give, and the parameters `@name` that it leaves open, with the types that follow
  /// from where they stand. Nothing is kept, as with the service.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_PrepareQuery.html>.
  func prepareQuery(_ input: inout Input) throws(ServiceError) -> JSON {
    let sql = try input.string("QueryString", required: true, length: 1...262_144) ?? ""
    let validatesOnly = try input.bool("ValidateOnly") ?? true
    try input.check()
    guard validatesOnly else {
      throw .timestream("ValidationException", "PrepareQuery supports ValidateOnly with the value true alone.")
    }
    do throws(QueryError) {
      guard case .query(let query) = try QueryParser.parse(sql) else {
        throw QueryError("only a SELECT can be prepared", at: Position(line: 1, column: 1))
      }
      let (typed, open) = try check(query, now: now, parameters: .open)
      var types: [String: TimestreamType] = [:]
      typed.forEachExpression { expression in
        guard case .parameter(let name) = expression.node, types[name] ?? .unknown == .unknown else { return }
        types[name] = expression.type
      }
      return [
        "QueryString": .string(sql),
        "Columns": .array(typed.outputs.map(Self.column)),
        "Parameters": .array(
          open.map { ["Name": .string($0), "Type": (types[$0] ?? .unknown).json] }),
      ]
    } catch {
      throw .timestream("ValidationException", error.text)
    }
  }

  private static func column(_ output: TypedOutput) -> JSON {
    var column: JSONObject = [
      "Name": .string(output.name), "Type": output.type.json, "Aliased": .bool(output.isAliased),
    ]
    column["DatabaseName"] = output.origin.map { .string($0.database) }
    column["TableName"] = output.origin.map { .string($0.table) }
    return .object(column)
  }
}
