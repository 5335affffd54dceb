import CacheSupport
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import LocalCloud

/// What the console's page asks: who may, what is refused, and what bounds the answers.
@Suite(.timeLimit(.minutes(10))) struct ConsoleViewTests {
  /// Asks a cloud below `/_local-cloud`, as the page does.
  static func ask(
    _ cloud: TestCloud, _ method: String, _ path: String, _ body: String = "", isOwn: Bool = true
  ) async throws -> (status: Int, answer: JSON) {
    let request = HTTPRequest(
      method: method, url: cloud.cloud.address + "/_local-cloud/" + path,
      headers: isOwn ? ["X-Local-Cloud": "page"] : [:], body: Array(body.utf8), timeout: .seconds(300))
    let response = try await cloud.http.send(request)
    return (response.status, (try? JSON(parsing: response.body)) ?? .null)
  }

  static func service(_ cloud: TestCloud) throws -> QueueStore {
    try #require(cloud.cloud.modules.lazy.compactMap { $0 as? SQSService }.first).messages
  }

  @Test("Nothing is answered without the header, and nothing but what the page asks for") func refusals() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let paths = [
        ("POST", "call/dynamodb/ListTables"), ("GET", "queues/q/messages"), ("GET", "functions/f/invocations"),
        ("GET", "functions/f/lines"), ("POST", "functions/f/invoke"), ("POST", "schedules/s/run"),
      ]
      for (method, path) in paths {
        #expect(try await Self.ask(cloud, method, path, "{}", isOwn: false).status == 403, "\(path)")
      }
      let missing = [
        ("POST", "call/dynamodb/DeleteTable", "the console does not ask dynamodb/DeleteTable"),
        ("POST", "call/ssm/GetParameter", "the console does not ask ssm/GetParameter"),
        ("GET", "queues/none/messages", "there is no queue 'none'"),
        ("GET", "functions/none/invocations", "there is no function 'none'"),
        ("GET", "functions/none/lines", "there is no function 'none'"),
        ("POST", "functions/none/invoke", "there is no function 'none'"),
        ("POST", "schedules/none/run", "there is no schedule 'none' with this target"),
        (
          "POST", "schedules/timeseries-cache-due/run?target=other",
          "there is no schedule 'timeseries-cache-due' with this target"
        ),
        (
          "GET", "functions/timeseries-cache-api/lines",
          "this cloud keeps no logs, for its data go with it (--ephemeral)"
        ),
      ]
      for (method, path, words) in missing {
        let (status, answer) = try await Self.ask(cloud, method, path, "{}")
        #expect(status == 404, "\(path)")
        #expect(answer["message"]?.string == words)
      }
    }
  }

  @Test("A service's operation answers as the service does, errors too") func calls() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let table = cloud.output("IdentifierTableName")
      let item: JSON = ["identifier": ["S": "<b>one</b>"]]
      let put: JSON = [
        "TableName": .string(table), "Item": item, "ConditionExpression": "attribute_not_exists(identifier)",
      ]
      #expect(try await Self.ask(cloud, "POST", "call/dynamodb/PutItem", put.text).answer == [:] as JSON)
      let again = try await Self.ask(cloud, "POST", "call/dynamodb/PutItem", put.text)
      #expect(again.status == 400)
      #expect(again.answer["__type"]?.string?.hasSuffix("#ConditionalCheckFailedException") ?? false)
      let scanned = try await Self.ask(cloud, "POST", "call/dynamodb/Scan", #"{"TableName": "\#(table)"}"#)
      #expect(scanned.answer["Items"] == .array([item]))
      let rows = try await Self.ask(cloud, "POST", "call/timestream/Query", #"{"QueryString": "SELECT 1 AS one"}"#)
      let one: JSON = [["Data": [["ScalarValue": "1"]]]]
      #expect(rows.answer["Rows"] == one)
      let wrong = try await Self.ask(cloud, "POST", "call/timestream/Query", #"{"QueryString": "SELECT\n  nobody"}"#)
      #expect(wrong.status == 400)
      #expect(wrong.answer["Message"]?.string?.contains("line 2:3") ?? false)
      #expect(try await Self.ask(cloud, "POST", "call/timestream/Query", "no JSON").status == 400)
    }
  }

  @Test("Messages are looked at, the last first, in pages, and stay as they were") func peeks() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let queues = try Self.service(cloud)
      try await queues.storage.write { connection throws(ServiceError) in
        try queues.create("looked-at", [:], connection)
      }
      let long = String(repeating: "é", count: 20_000)
      for number in 0..<59 { try await queues.send("\(number)", to: "looked-at") }
      try await queues.send(
        long, attributes: [MessageAttribute(name: "ErrorMessage", type: "String", value: .text("why"))], to: "looked-at"
      )
      var bodies: [String] = []
      var next = ""
      repeat {
        let page = try await Self.ask(cloud, "GET", "queues/looked-at/messages" + next).answer
        let messages = page["messages"]?.array ?? []
        #expect(messages.count <= Int(ConsoleQueues.page))
        bodies += messages.compactMap { $0["body"]?.string }
        if next.isEmpty {
          let first = try #require(messages.first)
          #expect(first["size"]?.int64 == 40_000)
          #expect(first["isWhole"] == .bool(false))
          #expect(first["state"]?.string == "visible")
          let attribute: JSON = ["name": "ErrorMessage", "type": "String", "value": "why"]
          #expect(first["attributes"] == .array([attribute]))
          #expect(messages[1]["isWhole"] == .bool(true))
        }
        next = page["next"]?.string.map { "?before=\($0)" } ?? ""
      } while !next.isEmpty
      let numbers: [String] = (0..<59).reversed().map { "\($0)" }
      #expect(bodies.first == String(long.prefix(10_000)) && Array(bodies.dropFirst()) == numbers)
      let received = try await queues.storage.read { connection throws(ServiceError) in
        try queues.counts(of: queues.queue("looked-at", connection), connection)
      }
      #expect(received.visible == 60 && received.inFlight == 0)
      for wrong in ["", "1", "a-1", "1-", "-1-1", "99999999999999999999-1"] {
        #expect(try await Self.ask(cloud, "GET", "queues/looked-at/messages?before=\(wrong)").status == 400, "\(wrong)")
      }
    }
  }

  @Test("A function is invoked with an event; its history has it with time and memory") func invokes() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let name = cloud.output("QueueFunctionName")
      for event in ["", "{", "{} {}"] {
        let refused = try await Self.ask(cloud, "POST", "functions/\(name)/invoke", event)
        #expect(refused.status == 400, "\(event)")
        #expect(refused.answer["message"]?.string?.hasPrefix("the event is no JSON") ?? false)
      }
      let (status, answer) = try await Self.ask(cloud, "POST", "functions/\(name)/invoke", "{}")
      #expect(status == 200)
      #expect(answer["error"] == .null)
      let id = try #require(answer["id"]?.string)
      #expect(answer["log"]?.string?.contains("END RequestId: \(id)") ?? false)
      let history = try await Self.ask(cloud, "GET", "functions/\(name)/invocations").answer
      let last = try #require(history["invocations"]?.array?.first)
      #expect(last["id"]?.string == id)
      #expect(last["result"]?.string == "ok")
      #expect(last["memory"]?.int64 ?? 0 > 1_048_576)
    }
  }

  @Test("A schedule runs now, and its target has the event") func runs() async throws {
    try await TestCloud.with(
      polls: false, configure: { $0.template = TemplateFile(name: "t", text: SchedulesTests.template) }
    ) { cloud async throws in
      let queues = try Self.service(cloud)
      #expect(try await Self.ask(cloud, "POST", "schedules/rule/run?target=ticks").answer == ["sent": 2] as JSON)
      #expect(try await Self.ask(cloud, "POST", "schedules/once/run").answer == ["sent": 1] as JSON)
      let found = try await queues.storage.read { connection throws(ServiceError) in
        try queues.peek("ticks", before: nil, most: 10, connection)
      }
      let own = found.filter { $0.body == #"{"own": 1}"# }
      #expect(found.count == 3)
      #expect(own.count == 1)
    }
  }

  @Test("The last lines of a log that have a text are found, as it is and as JSON writes it") func lines() throws {
    let scripts = try SandboxTests.Scripts()
    let log = FunctionLog(path: scripts.folder.appending(path: "log").path, limit: 20_000)
    #expect(ConsoleFunctions.lines(of: log, with: "a").lines == [])
    for number in 0..<1000 { log.write(Array("line \(number)\n".utf8)) }
    log.write(Array(#"{"identifier":"a\"b","x":1}"#.utf8) + [10])
    log.write(Array(String(repeating: "y", count: 10_000).utf8) + [10])
    let all = ConsoleFunctions.lines(of: log, with: "line ")
    #expect(all.count == 1000 && all.lines.count == ConsoleFunctions.mostLines && all.lines.last == "line 999")
    #expect(ConsoleFunctions.lines(of: log, with: #"a"b"#).lines == [#"{"identifier":"a\"b","x":1}"#])
    #expect(ConsoleFunctions.lines(of: log, with: "yy").lines.map(\.utf8.count) == [ConsoleFunctions.lineLimit])
    #expect(ConsoleFunctions.lines(of: log, with: "line 99").count == 11)
    #expect(ConsoleFunctions.lines(of: log, with: "nothing").count == 0)
  }

  @Test("So many invocations of a function are kept, the newest first, with the memory that was noted") func history() {
    let history = InvocationHistory()
    for number in 0..<(InvocationHistory.recentLimit + 5) {
      history.note(number, of: "\(number)")
      history.add("f", .finished(InvocationResult(payload: [])), id: "\(number)", took: .zero, at: Int64(number))
    }
    history.add("f", .failure("Oops", "<b>"), id: "last", took: .milliseconds(3), at: 0)
    let recent = history.recent(of: "f").array ?? []
    #expect(recent.count == InvocationHistory.recentLimit)
    let last: JSON = [
      "id": "last", "time": "1970-01-01T00:00:00Z", "milliseconds": 3, "memory": .null, "result": "failed",
      "error": "<b>",
    ]
    #expect(recent.first == last)
    #expect(recent[1]["id"]?.string == "54")
    #expect(recent[1]["memory"]?.int64 == 54)
    #expect(history.recent(of: "other") == .array([]))
  }
}
