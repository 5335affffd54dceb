import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Parameters that functions read: the sources, their keys, the API's key.
@Suite(.timeLimit(.minutes(10))) struct ParameterTests {
  static let now: Int64 = 1_800_000_000_000
  static let minute: Int64 = 60_000

  static let environment: ProcessEnvironment = [
    "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nowhere",
    "AWS_MAX_ATTEMPTS": "1",
  ]

  /// An SSM that answers a parameter's value, or fails with a status and a code.
  static func ssm(_ value: @escaping @Sendable (_ name: String, _ number: Int) -> Result<String, Refusal>) -> FakeHTTP {
    FakeHTTP { request, number in
      let name = (try? JSON(parsing: request.body))?["Name"]?.string ?? ""
      switch value(name, number) {
      case .success(let text):
        return .success(.json(200, (["Parameter": ["Value": .string(text)]] as JSON).text))
      case .failure(let refusal):
        return .success(.json(refusal.status, #"{"__type":"\#(refusal.code)","message":"no"}"#))
      }
    }
  }

  struct Refusal: Error {
    var status: Int
    var code: String
  }

  static func parameters(_ http: FakeHTTP, clock: ManualClock, log: LogBook) throws -> CachedParameters {
    let client = try AWSClient(environment: environment, http: http, clock: clock.clock)
    return CachedParameters(ssm: SSMClient(client), clock: clock.clock, logger: log.logger)
  }

  static let outages: [(refusal: Refusal, minutesKept: Int64)] = [
    // What may pass: five minutes and an hour.
    (Refusal(status: 500, code: "InternalServerError"), 65),
    (Refusal(status: 400, code: "ThrottlingException"), 65),
    (Refusal(status: 400, code: "ExpiredTokenException"), 65),
    // What will not: five minutes.
    (Refusal(status: 400, code: "ParameterNotFound"), 5),
    (Refusal(status: 400, code: "AccessDeniedException"), 5),
  ]

  @Test(
    "A key that is known goes on counting while it cannot be read, for a time, and the log says so",
    arguments: outages.indices)
  func outage(index: Int) async throws {
    let (refusal, minutes) = Self.outages[index]
    let clock = ManualClock(Self.now)
    let log = LogBook()
    let http = Self.ssm { _, number in number == 0 ? .success("key") : .failure(refusal) }
    let parameter = try Self.parameters(http, clock: clock, log: log)["/p"]
    #expect(try await parameter.value() == "key")
    // One call per minute, until the last millisecond; at the end each call waits for its read.
    for _ in 0..<(minutes - 1) {
      clock.advance(Self.minute)
      #expect(try await parameter.value() == "key")
    }
    clock.advance(Self.minute - 1)
    #expect(try await parameter.value() == "key")
    clock.advance(1)
    await #expect { try await parameter.value() } throws: { "\($0)".contains(refusal.code) }
    let reads = http.requests.count
    #expect(reads <= Int(minutes) + 3)
    let told = log.lines(saying: "a parameter cannot be read; the value that is known stays in use for now")
    #expect(minutes == 5 || !told.isEmpty)
    #expect(told.allSatisfy { $0["parameter"] == "/p" && $0["level"] == "ERROR" })
    #expect(!log.lines.contains { $0.text.contains("key\"") })
  }

  @Test("A key that nobody asked for since it ended counts while it cannot be read", arguments: [6, 64] as [Int64])
  func idle(minutes: Int64) async throws {
    let clock = ManualClock(Self.now)
    let http = Self.ssm { _, number in
      number == 0 ? .success("key") : .failure(Refusal(status: 500, code: "InternalServerError"))
    }
    let parameter = try Self.parameters(http, clock: clock, log: LogBook())["/p"]
    #expect(try await parameter.value() == "key")
    clock.advance(minutes * Self.minute)
    #expect(try await parameter.value() == "key")
    clock.advance((65 - minutes) * Self.minute)
    await #expect { try await parameter.value() } throws: { "\($0)".contains("InternalServerError") }
  }

  @Test("A key that is known counts while its parameter's service does not answer", arguments: [6, 64] as [Int64])
  func hanging(minutes: Int64) async throws {
    let clock = ManualClock(Self.now)
    let answers = Gate()
    let http = FakeHTTP { _, number in
      if number > 0 { await answers.wait() }
      return .success(.json(200, #"{"Parameter":{"Value":"key-\#(number)"}}"#))
    }
    let ssm = SSMClient(try AWSClient(environment: Self.environment, http: http, clock: clock.clock))
    // The patience is lost at once.
    let parameter = CachedParameter(clock: clock.clock, sleep: { _ in }) { () async throws(AWSError) in
      try await ssm.parameter("/p")
    }
    #expect(try await parameter.value() == "key-0")
    clock.advance(minutes * Self.minute)
    for _ in 0..<3 { #expect(try await parameter.value() == "key-0") }
    clock.advance((65 - minutes) * Self.minute)
    async let last = parameter.value()
    answers.open()
    #expect(try await last == "key-1")
  }

  @Test("Where no key is known, a burst of calls reads the parameter once") func noKeyAtAll() async throws {
    let clock = ManualClock(Self.now)
    let http = Self.ssm { _, _ in .failure(Refusal(status: 500, code: "InternalServerError")) }
    let parameter = try Self.parameters(http, clock: clock, log: LogBook())["/p"]
    for _ in 0..<20 { await #expect(throws: AWSError.self) { try await parameter.value() } }
    #expect(http.requests.count == 1)
    clock.advance(1000)
    await #expect(throws: AWSError.self) { try await parameter.value() }
    #expect(http.requests.count == 2)
  }

  @Test("A parameter is read once for a burst, and ahead of time in the background") func burst() async throws {
    let clock = ManualClock(Self.now)
    let http = Self.ssm { _, number in .success("key-\(number + 1)") }
    let parameters = try Self.parameters(http, clock: clock, log: LogBook())
    func burst() async throws -> Set<String> {
      Set(try await mapConcurrently(0..<20, limit: 20) { _ in try await parameters["/p"].value() })
    }
    #expect(try await burst() == ["key-1"])
    #expect(http.requests.count == 1)
    // Within the last half minute, whatever the jitter.
    clock.advance(5 * Self.minute - 1000)
    #expect(try await burst().isSubset(of: ["key-1", "key-2"]))
    clock.advance(1000)
    #expect(try await burst() == ["key-2"])
    #expect(http.requests.count == 2)
  }

  static func catalog(_ variables: [String: String]) throws -> SourceCatalog {
    let client = try AWSClient(environment: environment, http: ssm { _, _ in .success("of-ssm") })
    return try SourceCatalog(
      environment: ProcessEnvironment(variables), ssm: SSMClient(client), clock: .fixed(now), logger: .silent)
  }

  static let sun = #"{"url":"https://s/{identifier}?k={key}","rows":"/d","time":"/t","measures":{"a":"/a"}}"#

  static let keys: [(variables: [String: String], key: String?)] = [
    (["SOURCE_KEY": "own"], "own"),
    (["SOURCE_KEY": "own", "API_KEY_SSM_ID": "/k"], "of-ssm"),
    (["API_KEY_SSM_ID": "/k"], "of-ssm"),
    // The key of this project's own API is not for sources.
    (["API_KEY": "ours"], nil),
    (["API_KEY": "ours", "SOURCE_KEY": "own"], "own"),
    (["SOURCE_KEY": "changeme"], nil),
  ]

  @Test("A source gets the key that is meant for sources, never the API's own", arguments: keys.indices)
  func key(index: Int) async throws {
    let (variables, key) = Self.keys[index]
    let catalog = try Self.catalog(variables.merging(["SOURCES": #"{"sun":\#(Self.sun)}"#]) { $1 })
    let source = try await catalog.source(named: nil)
    do {
      let found = try await catalog.key(for: source)
      #expect(found == key)
    } catch {
      #expect(key == nil)
      #expect(!"\(error)".contains("ours"))
    }
  }

  static let renamings: [(variables: [String: String], new: [String: String])] = [
    (["API_KEY": "k"], ["SOURCE_KEY": "k"]),
    (["API_KEY": "k", "API_KEY_SSM_ID": "/k"], [:]),
    (["API_KEY": "k", "SOURCE_KEY": "s"], ["SOURCE_KEY": "s"]),
    (["FETCH_CONCURRENCY": "3"], ["IDENTIFIERS_AT_ONCE": "3"]),
    (["FETCH_CONCURRENCY": "3", "IDENTIFIERS_AT_ONCE": "4"], ["IDENTIFIERS_AT_ONCE": "4"]),
    ([:], [:]),
  ]

  @Test("The fetch function still reads variables by their old names, and warns", arguments: renamings.indices)
  func oldNames(index: Int) {
    let (variables, new) = Self.renamings[index]
    let log = LogBook()
    let environment = FetchHandler.withOldNames(ProcessEnvironment(variables), warning: log.logger)
    for name in ["SOURCE_KEY", "IDENTIFIERS_AT_ONCE"] { #expect(environment[name] == new[name]) }
    let renamed = new.keys.filter { variables[$0] == nil }
    #expect(log.lines.map { $0["new"]?.string } == renamed)
    #expect(log.lines.allSatisfy { $0["level"] == "WARN" })
  }

  static let choices: [(sources: String, name: String?, chosen: String?)] = [
    (#"{"a":{}}"#.replacing("{}", with: sun), nil, "a"),
    (#"{"a":{},"default":{}}"#.replacing("{}", with: sun), nil, "default"),
    (#"{"a":{},"default":{}}"#.replacing("{}", with: sun), "a", "a"),
    (#"{"a":{},"b":{}}"#.replacing("{}", with: sun), nil, nil),
    (#"{"a":{}}"#.replacing("{}", with: sun), "c", nil),
    // Two names to AWS, one text to Swift's String.
    ("{\"caf\u{E9}\":\(sun)}", "cafe\u{301}", nil), ("{\"caf\u{E9}\":\(sun)}", "caf\u{E9}", "caf\u{E9}"),
    ("{}", nil, nil), ("[]", nil, nil), ("no", nil, nil), (#"{"a":{}}"#, nil, nil),
  ]

  @Test(
    "The source is the named one, the default, or the only one; else the error lists what there is",
    arguments: choices.indices)
  func choice(index: Int) async throws {
    let (sources, name, chosen) = Self.choices[index]
    let catalog = try Self.catalog(["SOURCES": sources])
    do throws(SourceError) {
      #expect(try await catalog.source(named: name).name == chosen)
      #expect(try await catalog.source(named: name).name == chosen)
    } catch { #expect(chosen == nil, "\(error)") }
  }

  @Test("Two spellings of a name are two sources, each with its own description") func spellings() async throws {
    let sources = "{\"\u{E9}\":\(Self.sun),\"e\u{301}\":\(Self.sun.replacing("https://s/", with: "https://t/"))}"
    let catalog = try Self.catalog(["SOURCES": sources])
    let one = try await catalog.source(named: "\u{E9}")
    let other = try await catalog.source(named: "e\u{301}")
    #expect(one.url != other.url)
    #expect(try await catalog.source(named: "\u{E9}").url == one.url)
  }

  @Test("A name that the catalog lacks lets its parameter be read again at once, and then not for ten seconds")
  func unknownName() async throws {
    let clock = ManualClock(Self.now)
    let http = Self.ssm { _, number in
      switch number {
      case 0: .success(#"{"sun":\#(Self.sun)}"#)
      case 3: .failure(Refusal(status: 500, code: "InternalServerError"))
      default: .success(#"{"sun":\#(Self.sun),"moon":\#(Self.sun)}"#)
      }
    }
    let client = try AWSClient(environment: Self.environment, http: http, clock: clock.clock)
    let catalog = try SourceCatalog(
      environment: ["SOURCES_SSM_ID": "/s"], ssm: SSMClient(client), clock: clock.clock, logger: .silent)
    func found(_ name: String?) async -> [String] {
      let found = try? await mapConcurrently(0..<20, limit: 20) { _ in try await catalog.source(named: name).name }
      return found.map { Set($0).sorted() } ?? []
    }
    #expect(await found("sun") == ["sun"])
    #expect(http.requests.count == 1)
    // However many ask.
    #expect(await found("moon") == ["moon"])
    #expect(http.requests.count == 2)
    // Of a name that is nowhere, once in ten seconds.
    #expect(await found("mars") == [])
    clock.advance(SourceCatalog.rereadPause - 1)
    #expect(await found("mars") == [])
    #expect(http.requests.count == 2)
    clock.advance(1)
    #expect(await found("mars") == [])
    #expect(http.requests.count == 3)
    // Where it cannot be read, what is known stays.
    clock.advance(SourceCatalog.rereadPause)
    #expect(await found("mars") == [])
    #expect(await found("moon") == ["moon"])
    #expect(http.requests.count == 4)
    // No name, and no default among two.
    clock.advance(SourceCatalog.rereadPause)
    #expect(await found(nil) == [])
    #expect(http.requests.count == 5)
  }

  @Test("A catalog in a parameter is read anew after five minutes, and a changed description counts then")
  func changed() async throws {
    let clock = ManualClock(Self.now)
    let http = Self.ssm { _, number in
      .success(#"{"sun":\#(number == 0 ? Self.sun : Self.sun.replacing("https://s/", with: "https://t/"))}"#)
    }
    let client = try AWSClient(environment: Self.environment, http: http, clock: clock.clock)
    let catalog = try SourceCatalog(
      environment: ["SOURCES_SSM_ID": "/s"], ssm: SSMClient(client), clock: clock.clock, logger: .silent)
    let first = try await catalog.source(named: nil)
    #expect(try await catalog.source(named: nil) == first)
    clock.advance(5 * Self.minute)
    #expect(try await catalog.source(named: nil).url != first.url)
    #expect(http.requests.count == 2)
  }
}
