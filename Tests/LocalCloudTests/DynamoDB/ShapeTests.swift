import CacheSupport
import Testing

@testable import LocalCloud

/// Requests with every member in turn of another shape.
@Suite struct ShapeTests {
  private static let key: JSON = ["p": ["S": "a"], "r": ["N": "1"]]
  private static let index: JSON = [
    "IndexName": "byV", "KeySchema": [["AttributeName": "v", "KeyType": "HASH"]],
    "Projection": ["ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]],
    "ProvisionedThroughput": ["ReadCapacityUnits": 1, "WriteCapacityUnits": 1],
  ]
  private static let condition: JSON = ["ComparisonOperator": "EQ", "AttributeValueList": [["N": "1"]]]
  private static let update: JSON = [
    "TableName": "ttt", "Key": key, "UpdateExpression": "SET #x = :x", "ConditionExpression": "attribute_exists(p)",
    "ExpressionAttributeNames": ["#x": "x"], "ExpressionAttributeValues": [":x": ["L": [["M": ["a": ["B": "AA=="]]]]]],
  ]

  static let requests: [(operation: String, input: JSON)] = [
    (
      "CreateTable",
      [
        "TableName": "new", "BillingMode": "PROVISIONED", "DeletionProtectionEnabled": false,
        "AttributeDefinitions": [
          ["AttributeName": "p", "AttributeType": "S"], ["AttributeName": "v", "AttributeType": "S"],
          ["AttributeName": "r", "AttributeType": "N"],
        ],
        "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "r", "KeyType": "RANGE"]],
        "ProvisionedThroughput": ["ReadCapacityUnits": 1, "WriteCapacityUnits": 1],
        "GlobalSecondaryIndexes": [index], "Tags": [["Key": "a", "Value": "b"]],
        "LocalSecondaryIndexes": [
          [
            "IndexName": "local", "Projection": ["ProjectionType": "ALL"],
            "KeySchema": [["AttributeName": "p", "KeyType": "HASH"], ["AttributeName": "v", "KeyType": "RANGE"]],
          ]
        ], "StreamSpecification": ["StreamEnabled": false],
      ]
    ),
    (
      "UpdateTable",
      [
        "TableName": "ttt", "AttributeDefinitions": [["AttributeName": "v", "AttributeType": "S"]],
        "BillingMode": "PROVISIONED", "ProvisionedThroughput": ["ReadCapacityUnits": 1, "WriteCapacityUnits": 1],
        "GlobalSecondaryIndexUpdates": [["Create": index]],
      ]
    ),
    (
      "UpdateTable",
      ["TableName": "ttt", "GlobalSecondaryIndexUpdates": [["Delete": ["IndexName": "other"]]]]
    ),
    (
      "BatchGetItem",
      [
        "RequestItems": [
          "ttt": [
            "Keys": [key], "ProjectionExpression": "#x", "ExpressionAttributeNames": ["#x": "x"],
            "ConsistentRead": true,
          ]
        ], "ReturnConsumedCapacity": "TOTAL",
      ]
    ), ("BatchWriteItem", ["RequestItems": ["ttt": [["PutRequest": ["Item": key]]]]]), ("UpdateItem", update),
    (
      "UpdateItem",
      [
        "TableName": "ttt", "Key": key, "ConditionalOperator": "OR", "ReturnItemCollectionMetrics": "SIZE",
        "AttributeUpdates": ["x": ["Action": "ADD", "Value": ["N": "1"]]],
        "Expected": ["x": ["Exists": false], "y": condition, "z": ["Value": ["S": "a"]]],
      ]
    ),
    (
      "Query",
      [
        "TableName": "ttt", "KeyConditions": ["p": ["ComparisonOperator": "EQ", "AttributeValueList": [["S": "a"]]]],
        "QueryFilter": ["x": condition, "y": condition], "ConditionalOperator": "AND", "AttributesToGet": ["x"],
        "Limit": 1, "Select": "SPECIFIC_ATTRIBUTES", "ScanIndexForward": false, "ExclusiveStartKey": key,
      ]
    ),
    (
      "Scan",
      [
        "TableName": "ttt", "FilterExpression": "#x = :x", "ExpressionAttributeNames": ["#x": "x"],
        "ExpressionAttributeValues": [":x": ["NS": ["1"]]], "TotalSegments": 2, "Segment": 1, "ConsistentRead": true,
      ]
    ), ("TransactWriteItems", ["TransactItems": [["Update": update]], "ClientRequestToken": "t"]),
    ("TransactGetItems", ["TransactItems": [["Get": ["TableName": "ttt", "Key": key, "ProjectionExpression": "x"]]]]),
    (
      "TagResource",
      ["ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/ttt", "Tags": [["Key": "a", "Value": "b"]]]
    ), ("UntagResource", ["ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/ttt", "TagKeys": ["a"]]),
    ("ListTagsOfResource", ["ResourceArn": "arn:aws:dynamodb:us-east-1:000000000000:table/ttt"]),
    (
      "UpdateTimeToLive",
      ["TableName": "ttt", "TimeToLiveSpecification": ["AttributeName": "e", "Enabled": true]]
    ), ("DescribeTable", ["TableName": "ttt"]), ("ListTables", ["Limit": 3, "ExclusiveStartTableName": "aaa"]),
  ]

  /// Each value of a tree in turn replaced, or left out.
  private static func variants(of json: JSON, _ odd: [JSON]) -> [JSON] {
    var found = odd
    switch json {
    case .object(let object):
      for member in object.members {
        for variant in variants(of: member.value, odd) {
          var changed = object
          changed[member.name] = variant
          found.append(.object(changed))
        }
        var less = object
        less[member.name] = nil
        found.append(.object(less))
        var more = object
        more["\(member.name)\u{301}"] = member.value
        found.append(.object(more))
      }
    case .array(let elements):
      for index in elements.indices {
        for variant in variants(of: elements[index], odd) {
          var changed = elements
          changed[index] = variant
          found.append(.array(changed))
        }
      }
      found.append(.array(elements + elements))
    default: break
    }
    return found
  }

  @Test("No shape of a request is a fault of the service", arguments: requests.indices)
  func shapes(index: Int) throws {
    let (operation, input) = Self.requests[index]
    let tables = try LocalTables()
    try tables.makeTable()
    let odd: [JSON] = [
      .null, true, "", "text", .number("-1"), .number("1e400"), .number("9223372036854775808"), .number("0.5"), [], [:],
      [[:]], [[[]]], ["S": "x"], ["N": "1e999"], ["L": [.null]], ["": ["S": ""]],
    ]
    var (answered, refused) = (0, 0)
    for variant in Self.variants(of: input, odd) {
      guard let object = variant.object else { continue }
      do throws(ServiceError) {
        try tables.call(operation, object)
        answered += 1
      } catch {
        refused += 1
        #expect(error.status < 500, "\(operation) \(variant.text): \(error)")
      }
    }
    #expect(answered + refused > 20 && refused > 0, "\(answered) answered, \(refused) refused")
  }
}
