import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport

@testable import TimeSeriesCache

/// A table of chunks in memory that answers as DynamoDB does, as far as ``ChunkStore`` asks.
///
/// It is strict: a condition that the store does not use is an error of the test. Reads that ask for no consistency give of each item one
/// of its former states, where a test wants that.
final class FakeChunkTable: HTTPClient {
  struct Key: Hashable, Comparable {
    var series: String
    var start: Int64
    static func < (one: Key, other: Key) -> Bool { (one.series, one.start) < (other.series, other.start) }
  }

  fileprivate struct State {
    var items: [Key: Item] = [:]
    /// What was there before, the latest last; nil where there was nothing.
    var former: [Key: [Item?]] = [:]
    var operations: [String] = []
    var tokens: Set<String> = []
  }

  private let state = Mutex(State())
  /// How many states back a read of an item looks; 0 is the present.
  private let staleness: @Sendable () -> Int

  init(staleness: @escaping @Sendable () -> Int = { 0 }) { self.staleness = staleness }

  var operations: [String] { state.withLock { $0.operations } }
  var writes: Int { operations.count { $0 == "PutItem" || $0 == "TransactWriteItems" } }
  func resetOperations() { state.withLock { $0.operations = [] } }

  /// Deletes items, as their expiry lets DynamoDB do at any time.
  func delete(where isDeleted: (Key, Item) -> Bool) {
    state.withLock { state in
      for (key, item) in state.items where isDeleted(key, item) { state.set(nil, at: key) }
    }
  }

  func put(_ item: ChunkItem, of series: String) throws {
    let whole = item.item(of: try Identifier(series))
    state.withLock { $0.set(whole, at: Key(series: series, start: item.start)) }
  }

  /// The items of a series, ascending.
  func items(of series: String) throws -> [ChunkItem] {
    let items = state.withLock { state in state.items.filter { $0.key.series == series } }
    return try items.sorted { $0.key < $1.key }.map { try ChunkItem(item: $0.value) }
  }

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let operation = (request.headers["X-Amz-Target"] ?? "").split(separator: ".").last.map(String.init) ?? ""
    guard let input = try? JSON(parsing: request.body) else { return .refusal(400, "SerializationException") }
    let staleness = staleness
    return state.withLock { state in
      state.operations.append(operation)
      switch operation {
      case "GetItem": return state.get(input, staleness)
      case "Query": return state.query(input, staleness)
      case "PutItem":
        guard let failure = state.check(input) else {
          state.put(input)
          return .json(200, "{}")
        }
        return failure.code == "ValidationError"
          ? .refusal(400, "ValidationException")
          : .json(400, JSON.object(failure.body("ConditionalCheckFailedException")).text)
      case "TransactWriteItems": return state.transact(input)
      default: return .refusal(400, "UnknownOperationException")
      }
    }
  }
}

/// Why an action cannot be carried out.
fileprivate struct Failure {
  var code: String
  var item: Item?

  func body(_ type: String) -> JSONObject {
    var body: JSONObject = ["__type": .string(type), "message": "The conditional request failed"]
    body["Item"] = item.map { JSON(item: $0) }
    return body
  }
}

extension FakeChunkTable.State {
  mutating func set(_ item: Item?, at key: FakeChunkTable.Key) {
    former[key, default: []].append(items[key])
    items[key] = item
  }

  private func key(_ item: Item?) -> FakeChunkTable.Key? {
    guard let series = item?["series"]?.string, let start = item?["start"]?.number.flatMap({ Int64($0) }) else {
      return nil
    }
    return FakeChunkTable.Key(series: series, start: start)
  }

  /// An item as a read sees it.
  private func item(_ key: FakeChunkTable.Key, _ back: Int) -> Item? {
    guard back > 0, let former = former[key] else { return items[key] }
    return former[max(0, former.count - back)]
  }

  func get(_ input: JSON, _ staleness: () -> Int) -> HTTPResponse {
    guard let key = key(Item(item: input["Key"])) else { return .refusal(400, "ValidationException") }
    let isConsistent = input["ConsistentRead"] == true
    var answer = JSONObject()
    answer["Item"] = item(key, isConsistent ? 0 : staleness()).map { JSON(item: $0) }
    return .json(200, JSON.object(answer).text)
  }

  func query(_ input: JSON, _ staleness: () -> Int) -> HTTPResponse {
    guard let values = Item(item: input["ExpressionAttributeValues"]), let series = values[":series"]?.string,
      input["KeyConditionExpression"]?.string == "#series = :series AND #start BETWEEN :first AND :last",
      let first = values[":first"]?.number.flatMap({ Int64($0) }),
      let last = values[":last"]?.number.flatMap({ Int64($0) }), input["ScanIndexForward"] == false,
      case .number(let text)? = input["Limit"], let limit = Int(text.description)
    else { return .refusal(400, "ValidationException") }
    let after = key(Item(item: input["ExclusiveStartKey"]))?.start ?? .max
    let keys = Set(items.keys).union(former.keys).filter {
      $0.series == series && first <= $0.start && $0.start <= last && $0.start < after
    }
    let found = keys.sorted(by: >).compactMap { key in item(key, staleness()).map { (key, $0) } }
    var answer: JSONObject = ["Items": .array(found.prefix(limit).map { JSON(item: $0.1) })]
    if found.count >= limit, let last = found.prefix(limit).last?.0 {
      answer["LastEvaluatedKey"] = JSON(item: ["series": .s(series), "start": .n(last.start)])
    }
    return .json(200, JSON.object(answer).text)
  }

  /// Why an item cannot be put.
  func check(_ input: JSON) -> Failure? {
    guard let new = Item(item: input["Item"]), let key = key(new), let chunk = try? ChunkItem(item: new),
      let identifier = try? Identifier(key.series), chunk.bytes(of: identifier) <= 400 << 10
    else { return Failure(code: "ValidationError") }
    let values = Item(item: input["ExpressionAttributeValues"]) ?? [:]
    let present = items[key]
    func number(_ value: AttributeValue?) -> Int64? { value?.number.flatMap { Int64($0) } }
    switch input["ConditionExpression"]?.string {
    case "#revision = :revision":
      if let present, number(present["revision"]) == number(values[":revision"]) { return nil }
    case "attribute_not_exists(#series) OR #expiry <= :now":
      guard let present else { return nil }
      if let expiry = number(present["expiry"]), let now = number(values[":now"]), expiry <= now { return nil }
    default: return Failure(code: "ValidationError")
    }
    return Failure(code: "ConditionalCheckFailed", item: present)
  }

  mutating func put(_ input: JSON) {
    guard let item = Item(item: input["Item"]), let key = key(item) else { return }
    set(item, at: key)
  }

  mutating func transact(_ input: JSON) -> HTTPResponse {
    let token = input["ClientRequestToken"]?.string ?? ""
    if tokens.contains(token) { return .json(200, "{}") }
    let actions = (input["TransactItems"]?.array ?? []).compactMap { $0["Put"] }
    let keys = actions.compactMap { key(Item(item: $0["Item"])) }
    guard actions.count == input["TransactItems"]?.array?.count, (1...100).contains(actions.count),
      Set(keys).count == actions.count, !token.isEmpty, input.bytes.count < 4 << 20
    else { return .refusal(400, "ValidationException") }
    let failures = actions.map { check($0) }
    guard failures.allSatisfy({ $0 == nil }) else {
      let reasons = failures.map { failure -> JSON in
        guard let failure else { return ["Code": "None"] }
        var reason: JSONObject = ["Code": .string(failure.code), "Message": "no"]
        reason["Item"] = failure.item.map { JSON(item: $0) }
        return .object(reason)
      }
      return .json(
        400,
        JSON.object([
          "__type": "TransactionCanceledException", "message": "cancelled", "CancellationReasons": .array(reasons),
        ])
        .text)
    }
    for action in actions { put(action) }
    tokens.insert(token)
    return .json(200, "{}")
  }
}
