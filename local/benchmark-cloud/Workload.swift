import CacheSupport
import Foundation
import SigV4

/// Requests to one server, signed and written out before any clock runs.
struct Workload {
  let port: UInt16
  private let signers: [String: Signer] = Dictionary(
    uniqueKeysWithValues: ["dynamodb", "sqs"].map { service in
      let credentials = Credentials(accessKeyID: "test", secretAccessKey: "test")
      return (service, Signer(credentials: credentials, region: "us-east-1", service: service))
    })
  /// Makes the names of a run its own.
  private let run = RandomID.uuid().prefix(8)

  var table: String { "bench-\(run)" }
  var queue: String { "bench-\(run)" }

  init(port: UInt16) { self.port = port }

  /// A request of the JSON protocol as bytes.
  func request(_ target: String, _ input: JSON) -> [UInt8] {
    let isQueue = target.hasPrefix("AmazonSQS")
    let body = input.bytes
    let host = "127.0.0.1:\(port)"
    let headers: [SignableRequest.Header] = [
      .init("Host", host), .init("Content-Type", "application/x-amz-json-1.0"), .init("X-Amz-Target", target),
    ]
    let signable = SignableRequest(method: "POST", path: "/", headers: headers, body: body)
    let time = UTCTime(epochSeconds: Int64(Date().timeIntervalSince1970))
    let added = signers[isQueue ? "sqs" : "dynamodb"]?.headers(for: signable, at: time) ?? []
    let lines = (headers + added).map { "\($0.name): \($0.value)\r\n" }.joined()
    return Array("POST / HTTP/1.1\r\n\(lines)Content-Length: \(body.count)\r\n\r\n".utf8) + body
  }

  // MARK: DynamoDB

  func createTable() -> [UInt8] {
    request(
      "DynamoDB_20120810.CreateTable",
      [
        "TableName": .string(table), "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
          ["AttributeName": "id", "AttributeType": "S"], ["AttributeName": "time", "AttributeType": "N"],
        ],
        "KeySchema": [["AttributeName": "id", "KeyType": "HASH"], ["AttributeName": "time", "KeyType": "RANGE"]],
      ])
  }

  /// A batch of 25 items, or fewer, under a key.
  func batch(_ key: String, _ times: Range<Int>) -> [UInt8] {
    let puts = times.map { time -> JSON in
      [
        "PutRequest": [
          "Item": [
            "id": ["S": .string(key)], "time": ["N": .string(String(1_800_000_000_000 + time * 300_000))],
            "elevation": ["N": "12.345"], "irradiance": ["N": "678.9"],
          ]
        ]
      ]
    }
    return request("DynamoDB_20120810.BatchWriteItem", ["RequestItems": [table: .array(puts)]])
  }

  func query(_ key: String) -> [UInt8] {
    request(
      "DynamoDB_20120810.Query",
      [
        "TableName": .string(table), "KeyConditionExpression": "id = :id",
        "ExpressionAttributeValues": [":id": ["S": .string(key)]],
      ])
  }

  // MARK: SQS

  func createQueue() -> [UInt8] { request("AmazonSQS.CreateQueue", ["QueueName": .string(queue)]) }

  func sendMessage(_ url: String, _ number: Int) -> [UInt8] {
    request(
      "AmazonSQS.SendMessage",
      ["QueueUrl": .string(url), "MessageBody": .string("{\"identifier\":\"place-\(number)\",\"from\":1800000000000}")])
  }

  func receiveMessage(_ url: String) -> [UInt8] {
    request(
      "AmazonSQS.ReceiveMessage", ["QueueUrl": .string(url), "MaxNumberOfMessages": 1, "VisibilityTimeout": 3600])
  }

  func deleteMessage(_ url: String, _ receipt: String) -> [UInt8] {
    request("AmazonSQS.DeleteMessage", ["QueueUrl": .string(url), "ReceiptHandle": .string(receipt)])
  }
}
