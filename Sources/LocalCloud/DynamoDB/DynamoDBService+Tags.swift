import AWSClients
import CacheSupport
import SQLiteStore

extension DynamoDBService {
  var tagOperations: [Operation] {
    [
      Operation("TagResource", tagResource), Operation("UntagResource", untagResource),
      Operation("ListTagsOfResource", listTags),
    ]
  }

  private func tagResource(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let arn = try Self.resource(&input, "TagResource", account)
    let tags = try Tag.read(&input, required: true)
    try input.check()
    guard !tags.isEmpty else { throw .validation("Atleast one Tag needs to be provided as Input.") }
    return .writing { connection throws(ServiceError) in
      try changeTags(arn, connection) { known throws(ServiceError) in
        let new = known.adding(tags)
        try Tag.check(new.count)
        return new
      }
    }
  }

  private func untagResource(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let arn = try Self.resource(&input, "UntagResource", account)
    let keys = Set((try input.texts("TagKeys", required: true) ?? []).map { ByteText($0) })
    try input.check()
    guard !keys.isEmpty else { throw .validation("Atleast one Tag Key needs to be provided as Input.") }
    return .writing { connection throws(ServiceError) in
      try changeTags(arn, connection) { known in known.filter { !keys.contains(ByteText($0.key)) } }
    }
  }

  private func changeTags(
    _ arn: String, _ connection: Connection, _ change: ([Tag]) throws(ServiceError) -> [Tag]
  ) throws(ServiceError) -> Answer {
    let table = try table(arn: arn, connection)
    var description = table.description
    description.tags = try change(description.tags)
    do throws(DatabaseError) { try store(description, of: table.id, connection) } catch { throw .internal(error) }
    // AWS answers without a body.
    return Answer(bytes: [])
  }

  private func listTags(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let arn = try Self.resource(&input, "ListTagsOfResource", account)
    _ = try input.string("NextToken")
    try input.check()
    return .reading { connection throws(ServiceError) in
      Answer(["Tags": .array(try table(arn: arn, connection).description.tags.map(\.json))])
    }
  }

  private func table(arn: String, _ connection: Connection) throws(ServiceError) -> Table {
    guard let table = try tables.find(TableDescription.name(in: arn), connection),
      table.description.arn(account).hasSameBytes(as: arn)
    else {
      throw .dynamoDB(
        "ResourceNotFoundException", "Requested resource not found: ResourcArn: \(arn) not found")
    }
    return table
  }

  /// - Throws: what DynamoDB says of an ARN that no table can have.
  private static func resource(
    _ input: inout Input, _ operation: String, _ account: Account
  ) throws(ServiceError) -> String {
    guard let arn = try input.string("ResourceArn") else { throw .validation("Invalid TableArn") }
    let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 6, parts[5].contains("/") else {
      throw ServiceError(
        type: "com.amazon.coral.service#AccessDeniedException",
        message:
          "User: arn:aws:iam::\(account.id):root is not authorized to perform: dynamodb:\(operation) on resource: \(arn.isEmpty ? "*" : arn)",
        messageName: "Message")
    }
    let name = TableDescription.name(in: arn)
    guard !name.hasSameBytes(as: arn), (3...255).contains(name.utf8.count), !name.contains("/") else {
      throw .validation("Invalid TableArn: Invalid ResourceArn provided as input \(arn)")
    }
    return arn
  }
}
