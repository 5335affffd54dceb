import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import LocalCloud

/// The console's *Sources*: who may ask, what is refused, what bounds a check, and what becomes of the parameter.
@Suite(.timeLimit(.minutes(10))) struct ConsoleSourcesTests {
  /// Takes any object but one with `wrong`, and answers a check once it is let go.
  final class Tools: SourceTools {
    let questions = Mutex<[SourceQuestion]>([])
    let gate: TestSupport.Gate?
    /// Whether a check lasts until it is cancelled.
    let lasts: Bool
    let hasEnded = Atomic(false)

    init(gate: TestSupport.Gate? = nil, lasts: Bool = false) {
      self.gate = gate
      self.lasts = lasts
    }

    func fault(of draft: SourceDraft, without keys: [String]) -> SourceFault? {
      guard let json = try? JSON(parsing: draft.text) else {
        return SourceFault(place: "line 1", reason: "no JSON", offset: 3)
      }
      if json["wrong"] != nil { return SourceFault(place: "description /wrong", reason: "is <b>wrong</b>") }
      return keys.contains { draft.text.contains($0) } ? SourceFault(place: "description", reason: "has the key") : nil
    }

    func fault(ofIdentifier identifier: String) -> String? { identifier.isEmpty ? "give an identifier" : nil }

    func check(_ question: SourceQuestion) async throws(SourceRefusal) -> JSON {
      questions.withLock { $0.append(question) }
      await gate?.wait()
      while lasts, !Task.isCancelled { await Task.yield() }
      hasEnded.store(true, ordering: .relaxed)
      if question.identifier == "refused" { throw SourceRefusal(status: 504, message: "too slow") }
      return ["identifier": .string(question.identifier)]
    }

    func register(
      _ identifier: String, source: String, attributes: JSON?, environment: [String: String]
    ) async throws(SourceRefusal) -> JSON {
      if identifier == "written" { throw SourceRefusal(status: 409, message: "somebody writes it") }
      return ["identifier": .string(identifier), "source": .string(source), "attributes": attributes ?? .null]
    }
  }

  static func with(
    _ tools: Tools?, polls: Bool = false, _ body: (TestCloud) async throws -> Void
  ) async throws {
    try await TestCloud.with(polls: polls, configure: { $0.sourceTools = tools }, body)
  }

  static func ask(_ cloud: TestCloud, _ method: String, _ path: String, _ body: JSON = [:], isOwn: Bool = true)
    async throws
    -> (status: Int, answer: JSON)
  { try await ConsoleViewTests.ask(cloud, method, path, body.text, isOwn: isOwn) }

  static let paths: [(String, String)] = [
    ("GET", "sources"), ("POST", "sources/fault"), ("POST", "sources/check"), ("PUT", "sources"),
    ("POST", "sources/register"), ("POST", "sources/fetch"), ("POST", "functions/timeseries-cache-fetch/restart"),
  ]

  static let keyParameters: [(name: String, isAllowed: Bool)] = [
    ("/timeseries-cache/source-keys/plant", true), ("/timeseries-cache/source-key", true),
    ("/timeseries-cache/source-keys/", false), ("/timeseries-cache/source-keys", false),
    ("/timeseries-cache/api-key", false), ("/other/source-keys/plant", false), ("", false),
  ]

  @Test("A description takes its key from a parameter that the fetch function may read", arguments: keyParameters)
  func keyParameter(name: String, isAllowed: Bool) async throws {
    let tools = Tools()
    try await Self.with(tools) { cloud async throws in
      let version = try #require(try await Self.ask(cloud, "GET", "sources").answer["version"])
      let description: JSON = ["keyParameter": .string(name)]
      let draft: JSON = ["name": "a", "text": .string(description.text), "identifier": "x", "version": version]
      let fault = try await Self.ask(cloud, "POST", "sources/fault", draft).answer["fault"]
      #expect((fault?["place"]?.string == nil) == isAllowed)
      let folder = "/timeseries-cache/source-keys/"
      let reason = "the fetch function may not read it: keep the key in a parameter below \(folder)"
      if !isAllowed { #expect(fault == ["place": "/keyParameter", "reason": .string(reason), "offset": .null]) }
      for (method, path) in [("POST", "sources/check"), ("PUT", "sources")] {
        let (status, answer) = try await Self.ask(cloud, method, path, draft)
        #expect(status == (isAllowed ? 200 : 400), "\(path): \(answer.text)")
      }
      #expect(tools.questions.withLock { $0.count } == (isAllowed ? 1 : 0))
    }
  }

  @Test("Nothing is answered without the header; without the tools the cloud says so") func refusals() async throws {
    try await Self.with(nil) { cloud async throws in
      for (method, path) in Self.paths {
        #expect(try await Self.ask(cloud, method, path, isOwn: false).status == 403, "\(path)")
      }
      let draft: JSON = ["name": "a", "text": "{}", "identifier": "x", "version": 1]
      for (method, path) in Self.paths.prefix(4) {
        let (status, answer) = try await Self.ask(cloud, method, path, draft)
        #expect(status == 501, "\(path)")
        #expect(answer["message"] == "this local cloud was started without what reads descriptions")
      }
      let site = try await cloud.http.send(HTTPRequest(url: cloud.cloud.address + "/site.json"))
      #expect(!String(decoding: site.body, as: UTF8.self).contains(#""sources""#))
    }
  }

  @Test("The descriptions are listed with the version of their parameter and the functions that read it; no key is")
  func lists() async throws {
    try await Self.with(Tools()) { cloud async throws in
      let (status, answer) = try await Self.ask(cloud, "GET", "sources")
      #expect(status == 200)
      let expected: JSON = [
        "parameter": "/timeseries-cache/sources", "version": 1, "sources": answer["sources"] ?? .null,
        "functions": ["timeseries-cache-fetch", "timeseries-cache-queue"],
        "fetching": [
          "function": "timeseries-cache-fetch", "queue": "timeseries-cache-identifiers",
          "timeout": answer["fetching"]?["timeout"] ?? .null,
        ], "key": "/timeseries-cache/source-key",
      ]
      #expect(answer == expected)
      #expect(answer["sources"]?.array?.map { $0["name"]?.string } == ["default"])
      #expect(!answer.text.contains("sunlight"))
    }
  }

  @Test("A request that is not what it should be is refused in words") func wrong() async throws {
    try await Self.with(Tools()) { cloud async throws in
      let long: JSON = [
        "name": "a", "text": .string(String(repeating: "x", count: ConsoleSources.bodyLimit)), "identifier": "x",
      ]
      let cases: [(String, String, JSON, Int, String)] = [
        ("POST", "sources/check", ["name": "a"], 400, "give text, a text"),
        ("POST", "sources/check", ["name": "a", "text": "{}"], 400, "give identifier, a text"),
        ("POST", "sources/check", ["name": "a", "text": "{"], 400, "line 1: no JSON"),
        (
          "POST", "sources/check", ["name": "a", "text": #"{"wrong":1}"#, "identifier": "x"], 400,
          "description /wrong: is <b>wrong</b>"
        ),
        ("POST", "sources/check", ["name": "a", "text": "{}", "identifier": "refused"], 504, "too slow"),
        ("POST", "sources/check", long, 413, "the request has more than \(ConsoleSources.bodyLimit) bytes"),
        ("PUT", "sources", long, 413, "the request has more than \(ConsoleSources.bodyLimit) bytes"),
        ("PUT", "sources", ["name": "a", "text": "{}"], 400, "give the version that was read, a number"),
        (
          "PUT", "sources", ["name": "a", "text": #"{"wrong":1}"#, "version": 1], 400,
          "description /wrong: is <b>wrong</b>"
        ),
        ("PUT", "sources", ["name": "a", "text": #"{"k":"sunlight"}"#, "version": 1], 400, "description: has the key"),
        (
          "PUT", "sources", ["name": "a", "text": #"{"k":"typed"}"#, "version": 1, "key": "typed"], 400,
          "description: has the key"
        ),
        (
          "POST", "sources/register", ["identifier": "x", "source": "none"], 400,
          "there is no description 'none' in /timeseries-cache/sources: save it before"
        ),
        ("POST", "sources/register", ["identifier": "written", "source": "default"], 409, "somebody writes it"),
      ]
      for (method, path, body, status, words) in cases {
        let found = try await Self.ask(cloud, method, path, body)
        #expect(found.status == status && found.answer["message"]?.string == words, "\(path) \(words): \(found)")
      }
      let notJSON = try await ConsoleViewTests.ask(cloud, "POST", "sources/check", "{")
      #expect(notJSON.status == 400 && notJSON.answer["message"]?.string?.hasPrefix("the request is not JSON") ?? false)
      let fault = try await Self.ask(cloud, "POST", "sources/fault", ["name": "a", "text": "{"])
      #expect(fault.answer == ["fault": ["place": "line 1", "reason": "no JSON", "offset": 3]])
      #expect(
        try await Self.ask(cloud, "POST", "sources/fault", ["name": "a", "text": "{}"]).answer == ["fault": .null])
      #expect(try await Self.ask(cloud, "GET", "sources").answer["version"] == 1)
    }
  }

  @Test("A check has the fetch function's variables, and what the page gives") func checks() async throws {
    let tools = Tools()
    try await Self.with(tools) { cloud async throws in
      let body: JSON = [
        "name": "a", "text": "{}", "identifier": "x", "attributes": ["house": "4"], "key": "typed",
      ]
      #expect(try await Self.ask(cloud, "POST", "sources/check", body).answer == ["identifier": "x"])
      let plain: JSON = ["name": "a", "text": "{}", "identifier": "y", "attributes": .null, "key": ""]
      #expect(try await Self.ask(cloud, "POST", "sources/check", plain).answer == ["identifier": "y"])
      let questions = tools.questions.withLock { $0 }
      #expect(questions.map(\.key) == ["typed", nil])
      #expect(questions.map(\.attributes) == [["house": "4"], nil])
      #expect(questions.allSatisfy { $0.limit == ConsoleSources.checkLimit })
      #expect(questions[0].environment["IDENTIFIER_TABLE"] == cloud.output("IdentifierTableName"))
      #expect(questions[0].environment["AWS_ENDPOINT_URL"] == cloud.cloud.address)
    }
  }

  @Test("Two checks run at once, and a third is refused until one has ended") func two() async throws {
    let gate = TestSupport.Gate()
    let tools = Tools(gate: gate)
    try await Self.with(tools) { cloud async throws in
      let body: JSON = ["name": "a", "text": "{}", "identifier": "x"]
      async let one = Self.ask(cloud, "POST", "sources/check", body)
      async let other = Self.ask(cloud, "POST", "sources/check", body)
      #expect(try await eventually { tools.questions.withLock { $0.count } == ConsoleSources.mostChecks })
      let third = try await Self.ask(cloud, "POST", "sources/check", body)
      #expect(third.status == 429)
      #expect(third.answer["message"] == "2 checks run already: wait until one has ended")
      gate.open()
      #expect(try await one.status == 200)
      #expect(try await other.status == 200)
      #expect(try await Self.ask(cloud, "POST", "sources/check", body).status == 200)
    }
  }

  @Test("A check ends when the cloud stops") func stops() async throws {
    let tools = Tools(lasts: true)
    let asking: Task<Void, Never> = try await Self.started(tools)
    await asking.value
    let hasEnded = tools.hasEnded.load(ordering: .relaxed)
    #expect(hasEnded)
  }

  /// Begins a check, and ends the cloud while it runs.
  private static func started(_ tools: Tools) async throws -> Task<Void, Never> {
    try await TestCloud.with(polls: false, configure: { $0.sourceTools = tools }) { cloud async throws in
      let task = Task {
        _ = try? await Self.ask(cloud, "POST", "sources/check", ["name": "a", "text": "{}", "identifier": "x"])
      }
      #expect(try await eventually { tools.questions.withLock { $0.count } == 1 })
      return task
    }
  }

  @Test("A registration without attributes leaves those that there are to the tools") func registers() async throws {
    try await Self.with(Tools()) { cloud async throws in
      let plain: JSON = ["identifier": "x", "source": "default"]
      let expected: JSON = ["identifier": "x", "source": "default", "attributes": .null]
      #expect(try await Self.ask(cloud, "POST", "sources/register", plain).answer == expected)
      let full: JSON = ["identifier": "x", "source": "default", "attributes": ["a": "b"]]
      #expect(try await Self.ask(cloud, "POST", "sources/register", full).answer == full)
    }
  }

  @Test("A description is saved beside the others, unless somebody changed the parameter meanwhile") func saves()
    async throws
  {
    try await Self.with(Tools()) { cloud async throws in
      let before = try await Self.ask(cloud, "GET", "sources").answer["sources"]?.array ?? []
      let put: JSON = ["name": "a <b>", "text": #"{ "n": 1.50, "big": 12345678901234567890 }"#, "version": 1]
      #expect(try await Self.ask(cloud, "PUT", "sources", put).answer == ["version": 2])
      let after = try await Self.ask(cloud, "GET", "sources").answer
      let expected = before + [["name": "a <b>", "text": #"{"n":1.50,"big":12345678901234567890}"#] as JSON]
      #expect(after["version"] == 2)
      #expect(after["sources"] == .array(expected))
      let again = try await Self.ask(cloud, "PUT", "sources", put)
      #expect(again.status == 409)
      #expect(
        again.answer["message"]
          == "somebody has changed /timeseries-cache/sources meanwhile: it has version 2, and version 1 was read. Nothing is saved"
      )
      #expect(try await Self.ask(cloud, "GET", "sources").answer == after)
      // One of many that want the same version gets it.
      let results = try await withThrowingTaskGroup(of: Int.self) { group in
        for number in 0..<8 {
          let body: JSON = ["name": .string("n\(number)"), "text": "{}", "version": 2]
          group.addTask { try await Self.ask(cloud, "PUT", "sources", body).status }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(results.sorted() == [200] + Array(repeating: 409, count: 7))
      // More than the standard tier takes; what is more than the other takes is refused as the service refuses it.
      let large: JSON = [
        "name": "l", "text": .string(#"{"x":"\#(String(repeating: "x", count: 5000))"}"#), "version": 3,
      ]
      #expect(try await Self.ask(cloud, "PUT", "sources", large).answer == ["version": 4])
      let larger: JSON = ["name": "m", "text": large["text"] ?? .null, "version": 4]
      #expect(try await Self.ask(cloud, "PUT", "sources", larger).status == 400)
      try cloud.cloud.setParameter("/timeseries-cache/sources", "no JSON")
      #expect(try await Self.ask(cloud, "GET", "sources").status == 409)
    }
  }

  @Test("A fetch lets the functions begin anew, and is a message as the queue function sends it") func fetches()
    async throws
  {
    try await Self.with(Tools()) { cloud async throws in
      let name = "timeseries-cache-queue"
      #expect(try await ConsoleViewTests.ask(cloud, "POST", "functions/\(name)/invoke", "{}").status == 200)
      #expect(try await eventually { cloud.cloud.processIDs(of: name).count == 1 })
      let process = cloud.cloud.processIDs(of: name)
      let refused = try await Self.ask(cloud, "POST", "sources/fetch", ["identifier": ""])
      #expect(refused.status == 400 && refused.answer["message"] == "give an identifier")
      let answer = try await Self.ask(cloud, "POST", "sources/fetch", ["identifier": "a \"b\""])
      #expect(answer.status == 200)
      #expect(answer.answer["queue"] == "timeseries-cache-identifiers")
      #expect(answer.answer["function"] == "timeseries-cache-fetch")
      let queues = try ConsoleViewTests.service(cloud)
      let found = try await queues.storage.read { connection throws(ServiceError) in
        try queues.peek("timeseries-cache-identifiers", before: nil, most: 10, connection)
      }
      #expect(found.map(\.body) == [#"{"identifiers":["a \"b\""]}"#])
      #expect(try await eventually { cloud.cloud.processIDs(of: name) == [] })
      #expect(try await ConsoleViewTests.ask(cloud, "POST", "functions/\(name)/invoke", "{}").status == 200)
      #expect(cloud.cloud.processIDs(of: name) != process)
      let none = try await Self.ask(cloud, "POST", "functions/timeseries-cache-fetch/restart")
      #expect(none.answer == ["now": 0, "later": 0])
      #expect(try await Self.ask(cloud, "POST", "functions/none/restart").status == 404)
    }
  }

  @Test("A stack whose functions read no parameter of descriptions has none") func none() throws {
    #expect(throws: ServiceError.self) { try SourcesParameter([], []) }
    let function = FunctionDescription(name: "f", executable: "f", environment: ["SOURCES_SSM_ID": "/p"])
    let other = FunctionDescription(name: "g", executable: "g", environment: ["SOURCES_SSM_ID": "/q"])
    let mapping = EventSourceMapping(queue: "q", function: "g")
    #expect(try SourcesParameter([function, other], [mapping]).name == "/q")
    #expect(try SourcesParameter([function, other], []).name == "/p")
    #expect(try SourcesParameter([function, other], []).fetching == nil)
    #expect(try SourcesParameter([function, other], [mapping]).functions == ["g"])
  }
}
