import AWSClients
import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The identifiers' table behind a client that answers as DynamoDB does.
@Suite struct IdentifierRegistryTests {
  static func registry(
    _ answer: @escaping @Sendable (_ operation: String, _ input: JSON, _ number: Int) -> HTTPResponse
  ) throws -> (IdentifierRegistry, FakeHTTP) {
    let http = FakeHTTP { request, index in
      let operation = (request.headers["x-amz-target"] ?? "").split(separator: ".").last.map(String.init) ?? ""
      return .success(answer(operation, (try? JSON(parsing: request.body)) ?? .null, index))
    }
    let environment: ProcessEnvironment = [
      "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent",
    ]
    return (IdentifierRegistry(try AWSClient(environment: environment, http: http), table: "t"), http)
  }

  static func refused(_ item: Item?) -> HTTPResponse {
    var body: JSONObject = [
      "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
      "message": "The conditional request failed",
    ]
    body["Item"] = item.map { JSON(item: $0) }
    return .json(400, JSON.object(body).text)
  }

  static func item(_ status: SeriesStatus?) -> Item {
    var item: Item = ["identifier": .s("x")]
    item["status"] = status.map { .m($0.map) }
    return item
  }

  static let run = SeriesRun(time: 5, stored: 1)

  @Test("A status that nobody else has changed takes one request", arguments: [true, false])
  func oneRequest(isKnown: Bool) async throws {
    let known = isKnown ? SeriesStatus().adding(SeriesRun(time: 1, stored: 2)) : nil
    let (registry, http) = try Self.registry { operation, input, _ in
      #expect(operation == "UpdateItem")
      #expect(
        input["ConditionExpression"]?.string
          == "attribute_exists(#id) AND "
          + (isKnown ? "#status.#revision = :revision" : "attribute_not_exists(#status)"))
      return .json(200, "{}")
    }
    let status = try await registry.record(Self.run, of: try Identifier("x"), known: known)
    #expect(status == (known ?? SeriesStatus()).adding(Self.run))
    #expect(http.requests.count == 1)
  }

  @Test("A lost race is run again with what the table gives back, at most five times", arguments: 1...5)
  func races(lost: Int) async throws {
    let other = Mutex(SeriesStatus())
    let (registry, http) = try Self.registry { _, _, number in
      guard number < lost else { return .json(200, "{}") }
      return Self.refused(
        Self.item(
          other.withLock { other in
            other = other.adding(SeriesRun(time: Int64(number), stored: 10))
            return other
          }))
    }
    do {
      let status = try await registry.record(Self.run, of: try Identifier("x"), known: nil)
      #expect(status == other.withLock { $0 }.adding(Self.run))
      #expect(status?.stored == Int64(lost) * 10 + 1)
      #expect(lost < 5)
    } catch let error as StoreError {
      #expect(lost == 5)
      #expect(
        error.description == "the item of 'x' was changed by others 5 times while it was written: try again")
    }
    #expect(http.requests.count == min(lost + 1, 5))
  }

  @Test("An update whose answer was lost counts once") func lostAnswer() async throws {
    let (registry, http) = try Self.registry { _, input, number in
      // The first request was carried out though its answer did not come.
      guard number == 1 else { return HTTPResponse(status: 500) }
      let written = Item(item: input["ExpressionAttributeValues"])?[":status"]
      return Self.refused(["identifier": .s("x"), "status": written ?? .null])
    }
    let status = try await registry.record(Self.run, of: try Identifier("x"), known: nil)
    #expect(status == SeriesStatus().adding(Self.run))
    #expect(http.requests.count == 2)
  }

  @Test("An identifier that is not registered gets no item, and another's attribute is not written over")
  func notOurs() async throws {
    let (absent, first) = try Self.registry { _, _, _ in Self.refused(nil) }
    #expect(try await absent.record(Self.run, of: try Identifier("x"), known: nil) == nil)
    #expect(first.requests.count == 1)
    let (foreign, second) = try Self.registry { _, _, _ in Self.refused(["identifier": .s("x"), "status": .s("good")]) }
    await #expect(throws: StoreError.self) {
      try await foreign.record(Self.run, of: try Identifier("x"), known: nil)
    }
    #expect(second.requests.count == 1)
  }

  @Test("An entry has kind, bucket, status and attributes; another word as kind is the source's")
  func entry() async throws {
    let status = SeriesStatus().adding(Self.run)
    let item: Item = [
      "identifier": .s("m,a=b"), "kind": .s("written"), "bucket": .s("home"), "registered": .n("7"),
      "status": .m(status.map),
    ]
    let entry = try SeriesEntry(item)
    #expect(entry.kind == .written && entry.bucket == "home" && entry.registered == 7 && entry.status == status)
    #expect(entry.series.key?.measurement == "m")
    let river = try SeriesEntry(["identifier": .s("m,a=b"), "kind": .s("river"), "bucket": .s("b")])
    #expect(river.kind == .source && river.bucket == nil && river.attributes["kind"] == "river")
    #expect(river.series == Series(try Identifier("m,a=b")))
  }

  @Test("What is registered before is given back as it is") func register() async throws {
    let item: Item = ["identifier": .s("m,a=b"), "kind": .s("written"), "bucket": .s("other")]
    let (registry, _) = try Self.registry { operation, input, number in
      #expect(operation == "PutItem")
      #expect(input["ConditionExpression"] == "attribute_not_exists(#id)")
      return number == 0 ? .json(200, "{}") : Self.refused(item)
    }
    let series = try Series(try #require(SeriesKey("m,a=b")))
    #expect(try await registry.register(series, bucket: "home", now: 7) == .new)
    #expect(try await registry.register(series, bucket: "home", now: 7) == .existing(try SeriesEntry(item)))
  }

  @Test("A source's series that is put anew keeps its status and since when it is there; a written one stays")
  func put() async throws {
    let status = SeriesStatus().adding(Self.run)
    let old: Item = ["identifier": .s("x"), "registered": .n("1"), "status": .m(status.map), "gone": .s("1")]
    let (registry, http) = try Self.registry { _, _, number in number == 0 ? Self.refused(old) : .json(200, "{}") }
    let outcome = try await registry.put(try Identifier("x"), source: "s", attributes: ["a": "b"], now: 9)
    #expect(outcome == .existing(try SeriesEntry(old)))
    let put = try JSON(parsing: try #require(http.requests.last).body)
    #expect(
      Item(item: put["Item"])
        == ["identifier": .s("x"), "registered": .n("1"), "status": .m(status.map), "source": .s("s"), "a": .s("b")])
    let written: Item = ["identifier": .s("x"), "kind": .s("written")]
    let (other, requests) = try Self.registry { _, _, _ in Self.refused(written) }
    #expect(try await other.put(try Identifier("x"), source: nil, now: 9) == .existing(try SeriesEntry(written)))
    #expect(requests.requests.count == 1)
  }

  @Test(
    "Attributes of the registry's own names, and too many of them, are refused before anything is sent",
    arguments: ["status", "kind", "", "long"])
  func attributes(name: String) async throws {
    let (registry, http) = try Self.registry { _, _, _ in .json(200, "{}") }
    let value = String(repeating: "v", count: name == "long" ? IdentifierRegistry.maximumAttributeBytes : 1)
    await #expect(throws: StoreError.self) {
      try await registry.put(try Identifier("x"), source: nil, attributes: [ByteText(name): value], now: 1)
    }
    #expect(http.requests.isEmpty)
  }

  @Test("The directory asks once in a minute for what is there, and once in five seconds for what is not")
  func directory() async throws {
    let clock = ManualClock(0)
    let (registry, http) = try Self.registry { _, input, _ in
      input["Key"]?["identifier"]?["S"]?.string == "m,a=b"
        ? .json(200, #"{"Item":{"identifier":{"S":"m,a=b"},"kind":{"S":"written"}}}"#) : .json(200, "{}")
    }
    let directory = SeriesDirectory(registry, clock: clock.clock)
    let (known, absent) = (try Identifier("m,a=b"), try Identifier("absent"))
    for (step, requests) in [(0, 2), (4999, 2), (1, 3), (54_999, 4), (1, 5)] as [(Int64, Int)] {
      clock.advance(step)
      #expect(try await directory.series(of: known).key?.text == "m,a=b")
      #expect(try await directory.entry(of: absent) == nil)
      #expect(http.requests.count == requests)
    }
    directory.forget(known)
    _ = try await directory.entry(of: known)
    #expect(http.requests.count == 6)
    for number in 0..<25_000 { directory.remember(nil, of: try Identifier("i\(number)")) }
    #expect(directory.count <= SeriesDirectory.capacity)
  }

  @Test("A list goes on where it was cut, with a prefix or without", arguments: ["", "s"])
  func list(prefix: String) async throws {
    let names = (0..<9).map { "s\($0)" }
    let (registry, _) = try Self.registry { operation, input, _ in
      #expect(operation == "Scan")
      #expect((input["FilterExpression"] == nil) == prefix.isEmpty)
      let start = input["ExclusiveStartKey"]?["identifier"]?["S"]?.string
      let first = start.flatMap { names.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
      let page = names[first..<min(first + min(input["Limit"]?.int ?? 4, 4), 9)]
      let items = page.map { #"{"identifier":{"S":"\#($0)"}}"# }.joined(separator: ",")
      let last = page.endIndex < 9 ? #","LastEvaluatedKey":{"identifier":{"S":"\#(page.last ?? "")"}}"# : ""
      return .json(200, #"{"Items":[\#(items)]\#(last)}"#)
    }
    var found: [String] = []
    var next: Identifier?
    repeat {
      let list = try await registry.list(prefix: prefix, after: next, limit: 2)
      #expect(list.entries.count <= 2)
      found += list.entries.map(\.identifier.text)
      next = list.next
    } while next != nil && found.count < 100
    #expect(found == names)
  }
}
