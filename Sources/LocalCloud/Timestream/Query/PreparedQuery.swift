import CacheSupport
import TimestreamSQL

extension QueryEngine {
  /// PrepareQuery: the columns that a query would give, and the parameters `@name` that it leaves open, with the types that follow
  /// from where they stand. Nothing is kept, as with the service.
  ///
  /// See <https://docs.aws.amazon.com/timestream/latest/developerguide/API_query_PrepareQuery.html>.
  ///
  /// - Returns: the query's text, once the request is checked.
  static func preparedText(_ input: inout Input) throws(ServiceError) -> String {
    let sql = try QueryRequest.sql(&input)
    let validatesOnly = try input.bool("ValidateOnly") ?? true
    try input.check()
    guard validatesOnly else {
      throw .timestream("ValidationException", "PrepareQuery supports ValidateOnly only with the value true.")
    }
    return sql
  }

  /// The answer of PrepareQuery, made on this thread.
  func prepare(_ sql: String, budget: QueryBudget) throws(ServiceError) -> JSON {
    do throws(QueryError) {
      let (columns, parameters) = try columns(of: sql, now: now, parameters: .open, toBe: "prepared", budget: budget)
      return [
        "QueryString": .string(sql), "Columns": .array(columns.map(Self.column)),
        "Parameters": .array(parameters.map { ["Name": .string($0.name), "Type": $0.type.json] }),
      ]
    } catch {
      throw .timestream(error)
    }
  }

  private static func column(_ output: QueryColumn) -> JSON {
    var column: JSONObject = [
      "Name": .string(output.name), "Type": output.type.json, "Aliased": .bool(output.isAliased),
    ]
    column["DatabaseName"] = output.origin.map { .string($0.database) }
    column["TableName"] = output.origin.map { .string($0.table) }
    return .object(column)
  }
}
