import CacheSupport

@testable import LocalCloud

extension TimestreamStore {
  /// Runs an operation while the thread waits.
  @discardableResult
  func run(
    _ begin: (inout Input) throws(ServiceError) -> Operation.Step, _ members: JSONObject
  ) throws(ServiceError) -> JSON {
    var input = Input(members)
    return try begin(&input).run(in: storage)
  }

  /// Makes the database `ddd` with the table `ttt`.
  func makeTable(_ members: JSONObject = [:]) throws(ServiceError) {
    try run(createDatabase, ["DatabaseName": "ddd"])
    var table: JSONObject = ["DatabaseName": "ddd", "TableName": "ttt"]
    for member in members.members { table[member.name] = member.value }
    try run(createTable, table)
  }
}
