import CacheSupport
import Compression
import SQLiteStore
import Testing

@testable import LocalCloud

/// Requests that say `Content-Encoding: gzip`.
@Suite struct PackedBodyTests {
  private static let list: [UInt8] = Array(#"{"Limit":1}"#.utf8)

  /// What ListTables answers to a body, or the code of its refusal.
  private static func answer(_ body: [UInt8], encoding: String?) throws -> String {
    let tables = try LocalTables()
    try tables.makeTable("one")
    try tables.makeTable("two")
    var request = ServerRequest(method: "POST", path: "/", body: body)
    if let encoding { request.headers.append(("Content-Encoding", encoding)) }
    let operation = try #require(tables.service.operations.first { $0.name == "ListTables" })
    do throws(ServiceError) {
      return try operation.begin(OperationRequest(http: request)).run(in: tables.service.storage).text
    } catch { return "\(error.status) \(error.code)" }
  }

  static let bodies: [(body: [UInt8], encoding: String?, answer: String)] = {
    let packed = (try? Gzip.compress(list)) ?? []
    let first = #"{"TableNames":["one"],"LastEvaluatedTableName":"one"}"#
    return [
      (list, nil, first), (list, "identity", first), (packed, "gzip", first), (packed, "GZIP", first),
      (packed, nil, "400 SerializationException"), (list, "gzip", "400 SerializationException"),
      ([], "gzip", "400 SerializationException"), (Array(packed.dropLast()), "gzip", "400 SerializationException"),
      (packed + [0], "gzip", "400 SerializationException"),
      ((try? Gzip.compress(Array("no JSON".utf8))) ?? [], "gzip", "400 SerializationException"),
    ]
  }()

  @Test("A packed body is read as what it holds, and one that cannot be unpacked is refused", arguments: bodies)
  func unpacked(body: [UInt8], encoding: String?, answer: String) throws {
    #expect(try Self.answer(body, encoding: encoding) == answer)
  }

  @Test("A body that unpacks to more than a request may have is refused as one that comes so") func bomb() throws {
    let body = [UInt8](repeating: UInt8(ascii: " "), count: DynamoDBService.bodyLimit + 1)
    #expect(try Self.answer(body, encoding: nil) == "413 RequestEntityTooLargeException")
    let packed = try Gzip.compress(body)
    #expect(packed.count < 100_000)
    #expect(try Self.answer(packed, encoding: "gzip") == "413 RequestEntityTooLargeException")
  }

  @Test("What unpacked bodies hold is bounded until their requests have run") func budget() throws {
    let tables = try LocalTables()
    let bodies = PackedBodies(limit: 1000, together: 2 * Self.list.count)
    let operation = Operation("Count") { request throws(ServiceError) in
      let count = Int64(request.body.count)
      return .reading { _ throws(ServiceError) in Answer(["Count": .integer(count)]) }
    }
    let request = OperationRequest(
      http: ServerRequest(
        method: "POST", path: "/", headers: [("content-encoding", "gzip")], body: try Gzip.compress(Self.list)))
    var waiting = [try bodies.begin(operation, request), try bodies.begin(operation, request)]
    let error = #expect(throws: ServiceError.self) { _ = try bodies.begin(operation, request) }
    #expect(error?.status == 503)
    // What is not packed takes nothing of it.
    var plain = request
    plain.http.headers = []
    _ = try bodies.begin(operation, plain)
    #expect(try waiting.removeLast().run(in: tables.service.storage).text == #"{"Count":11}"#)
    waiting.append(try bodies.begin(operation, request))
    #expect(waiting.count == 2)
  }
}
