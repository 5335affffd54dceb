import AWSClients
import CacheSupport

extension TableDescription {
  /// What a table and its indexes hold.
  struct State: Sendable {
    var items: Int64 = 0
    var bytes: Int64 = 0
    /// By the indexes' numbers.
    var indexes: [Int64: SecondaryIndex.State] = [:]
  }

  func arn(_ account: Account) -> String { "arn:aws:dynamodb:\(account.region):\(account.id):table/\(name)" }

  /// What CreateTable, DescribeTable and UpdateTable answer.
  func json(status: String, account: Account, _ state: State) -> JSON {
    var object: JSONObject = [
      "AttributeDefinitions": .array(
        definitions.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type.rawValue)] })
    ]
    let rest = summary(status: status, account: account, state)
    object["TableName"] = rest["TableName"]
    object["KeySchema"] = schema.json
    object["CreationDateTime"] = .double(Double(created) / 1000)
    for member in rest.members { object[member.name] = member.value }
    for kind in [SecondaryIndex.Kind.local, .global] {
      let indexes = indexes.filter { $0.kind == kind }.map { index in
        let known = state.indexes[index.number]
        let isWhole = status != "CREATING" && known?.isFilling == false
        return index.json(arn(account), known ?? SecondaryIndex.State(), status: isWhole ? "ACTIVE" : "CREATING")
      }
      if !indexes.isEmpty { object[kind.rawValue] = .array(indexes) }
    }
    return .object(object)
  }

  /// What DeleteTable answers: all but the keys and the time.
  func summary(status: String, account: Account, _ state: State) -> JSONObject {
    var object: JSONObject = [
      "TableName": .string(name), "TableStatus": .string(status),
      "ProvisionedThroughput": [
        "NumberOfDecreasesToday": 0, "ReadCapacityUnits": .integer(readUnits),
        "WriteCapacityUnits": .integer(writeUnits),
      ],
      "TableSizeBytes": .integer(state.bytes), "ItemCount": .integer(state.items),
      "TableArn": .string(arn(account)), "TableId": .string(id), "DeletionProtectionEnabled": .bool(isProtected),
    ]
    if billing == "PAY_PER_REQUEST" {
      var summary: JSONObject = ["BillingMode": "PAY_PER_REQUEST"]
      // A table that has just been asked for has no such time yet.
      if status != "CREATING" { summary["LastUpdateToPayPerRequestDateTime"] = .double(Double(created) / 1000) }
      object["BillingModeSummary"] = .object(summary)
    }
    return object
  }
}
