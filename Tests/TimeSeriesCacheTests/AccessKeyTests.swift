import AWSClients
import CacheSupport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Who is let in, and to what.
@Suite(.timeLimit(.minutes(10))) struct AccessKeyTests {
  static let text = #"""
    [{"name":"telegraf","key":"w-key","buckets":["home"],"allow":["write"]},
     {"name":"grafana","key":"r-key\n","buckets":["home","caf\u00e9"],"allow":["read"]},
     {"name":"root","key":"a-key","buckets":["*"],"allow":["read","write","admin"]},
     {"name":"to come","key":"changeme","buckets":["*"],"allow":["admin"]}]
    """#

  static let telegraf = Access(name: "telegraf", permissions: [.write], buckets: .only(["home"]))
  static let grafana = Access(name: "grafana", permissions: [.read], buckets: .only(["home", "caf\u{E9}"]))
  static let root = Access(name: "root", permissions: [.read, .write, .admin], buckets: .all)

  static func keys(own: String? = "o-key", ring: String? = Self.text) -> AccessKeys {
    AccessKeys(
      own: own.map { CachedParameter(fixed: $0) }, ring: ring.map { CachedParameter(fixed: $0) })
  }

  static func access(
    _ keys: AccessKeys = Self.keys(), headers: [String: String] = [:], query: [String: String] = [:],
    withParameters: Bool = false, log: LogBook = LogBook()
  ) async -> Result<Access, AccessKeys.Refusal> {
    do throws(AccessKeys.Refusal) {
      let event = HTTPEvent(method: "POST", path: "/write", query: query, headers: headers)
      return .success(try await keys.access(of: event, withParameters: withParameters, logger: log.logger))
    } catch { return .failure(error) }
  }

  static let requests: [(headers: [String: String], access: Access?)] = [
    ([:], nil), (["x-api-key": ""], nil), (["x-api-key": "wrong"], nil), (["x-api-key": "changeme"], nil),
    (["x-api-key": "o-key"], .ofAPIKey), (["X-Security-Token": " o-key\n"], .ofAPIKey),
    (["x-api-key": "w-key"], telegraf), (["x-security-token": "r-key"], grafana), (["x-api-key": "a-key"], root),
    (["Authorization": "Token w-key"], telegraf), (["authorization": "bearer  r-key "], grafana),
    (["Authorization": "TOKEN a-key"], root), (["Authorization": "Bearer o-key"], .ofAPIKey),
    (["Authorization": "w-key"], nil), (["Authorization": "Token"], nil), (["Authorization": "Token "], nil),
    // The password is the key, whatever the name; a colon belongs to the password.
    (["Authorization": "Basic YW55Oncta2V5"], telegraf),  // any:w-key
    (["Authorization": "Basic OmEta2V5"], root),  // :a-key
    (["Authorization": "Basic dy1rZXk6d3Jvbmc="], nil),  // w-key:wrong
    (["Authorization": "Basic dy1rZXk="], nil),  // w-key
    (["Authorization": "Basic YW55Og=="], nil),  // any:
    (["Authorization": "Basic *"], nil), (["Authorization": "Basic YW5=", "x-api-key": "w-key"], nil),
    (["Authorization": "Basic YW5", "x-api-key": "w-key"], nil),
    (["Authorization": "Basic ====", "x-api-key": "w-key"], nil),
    // Another scheme is not a key of ours, a second key is.
    (["Authorization": "AWS4-HMAC-SHA256 Credential=a/b, Signature=c", "x-api-key": "w-key"], telegraf),
    (["Authorization": "Token w-key", "x-api-key": "w-key"], telegraf),
    (["Authorization": "Token w-key", "x-api-key": "r-key"], nil),
    (["Authorization": "Token w-key", "x-api-key": "wrong"], nil),
  ]

  @Test("A key is found wherever clients send it, and must be right wherever it is sent", arguments: requests.indices)
  func found(index: Int) async {
    let (headers, access) = Self.requests[index]
    #expect(await Self.access(headers: headers) == (access.map { .success($0) } ?? .failure(.unauthorized)))
  }

  @Test("The parameter p holds a key only where InfluxDB's v1 API is spoken", arguments: [true, false])
  func parameters(isV1: Bool) async {
    let query = ["u": "any", "p": "w-key", "db": "home"]
    let expected: Result<Access, AccessKeys.Refusal> = isV1 ? .success(Self.telegraf) : .failure(.unauthorized)
    #expect(await Self.access(query: query, withParameters: isV1) == expected)
    let both = await Self.access(headers: ["x-api-key": "r-key"], query: query, withParameters: isV1)
    #expect(both == (isV1 ? .failure(.unauthorized) : .success(Self.grafana)))
  }

  @Test("A key of some buckets reads written series of these alone; none may do what it is not allowed")
  func permissions() {
    // café in the other spelling is another bucket.
    let buckets: [String?] = ["home", "away", "caf\u{E9}", "cafe\u{301}", nil]
    func read(_ access: Access) -> [Bool] { buckets.map { access.mayRead(bucket: $0) } }
    func write(_ access: Access) -> [Bool] { buckets.map { $0.map { access.mayWrite(bucket: $0) } ?? false } }
    let none = [false, false, false, false, false]
    #expect(read(Self.telegraf) == none)
    #expect(write(Self.telegraf) == [true, false, false, false, false])
    #expect(read(Self.grafana) == [true, false, true, false, false])
    #expect(write(Self.grafana) == none)
    #expect(read(Self.root) == [true, true, true, true, true])
    #expect(write(Self.root) == [true, true, true, true, false])
    #expect(read(.ofAPIKey) == [true, true, true, true, true])
    #expect(write(.ofAPIKey) == none)
    #expect([Self.telegraf, Self.grafana, Self.root, .ofAPIKey].map(\.isAdmin) == [false, false, true, false])
  }

  static let good = #"{"name":"a","key":"secret-1","buckets":["b"],"allow":["read"]}"#
  static let malformed: [(text: String, reason: String)] = [
    ("{", "it is not JSON"), ("{}", "give an array of keys, not an object"),
    ("[1]", "entry 0: give an object, not a number"),
    ("[\(good),\(good)]", "entry 1: the name 'a' appears twice"),
    ("[\(good),\(good.replacing("\"a\"", with: "\"b\""))]", "the key of another entry"),
    ("[\(good.replacing("\"a\"", with: "\"\""))]", "'name' must be a text of 1 to 256 bytes"),
    ("[\(good.replacing("\"a\"", with: "7"))]", "'name' must be a text of 1 to 256 bytes"),
    ("[\(good.replacing("\"secret-1\"", with: "7"))]", "'key' must be a text"),
    ("[\(good.replacing("secret-1", with: " "))]", "'key' must be a text"),
    ("[\(good.replacing("[\"b\"]", with: "\"b\""))]", "'buckets' must be an array"),
    ("[\(good.replacing("[\"b\"]", with: "[]"))]", "'buckets' must be an array"),
    ("[\(good.replacing("[\"b\"]", with: "[\"b\", 1]"))]", "each of 'buckets' must be a text"),
    ("[\(good.replacing("[\"read\"]", with: "[\"all\"]"))]", "'allow' takes read, write and admin"),
    ("[\(good.replacing("[\"read\"]", with: "[]"))]", "'allow' must be an array"),
    ("[\(good.replacing("\"allow\"", with: "\"allows\""))]", "give name, key, buckets, allow and nothing else"),
    (
      "[\((0...100).map { "{\"name\":\"n\($0)\",\"key\":\"secret-\($0)\",\"buckets\":[\"b\"],\"allow\":[\"read\"]}" }.joined(separator: ","))]",
      "there are 101 keys; 100 are the most"
    ),
  ]

  @Test(
    "Keys that are not written as they must be let nobody in, and the log says why without any key",
    arguments: malformed.indices)
  func refused(index: Int) async {
    let (text, reason) = Self.malformed[index]
    let log = LogBook()
    let keys = Self.keys(ring: text)
    #expect(await Self.access(keys, headers: ["x-api-key": "secret-1"], log: log) == .failure(.unavailable))
    let line = log.lines(saying: "the keys are not written as they must be").first
    #expect(line?["error"]?.string?.contains(reason) ?? false, "\(log.lines)")
    #expect(!log.lines.contains { $0.text.contains("secret") })
    // Dashboards go on with the API's own key.
    #expect(await Self.access(keys, headers: ["x-api-key": "o-key"]) == .success(.ofAPIKey))
  }

  @Test("A hundred keys are all found") func hundred() async {
    let entries = (1...100).map {
      #"{"name":"n\#($0)","key":"key-\#($0)","buckets":["b"],"allow":["write"]}"#
    }
    let keys = Self.keys(own: nil, ring: "[\(entries.joined(separator: ","))]")
    for number in [1, 50, 100] {
      let found = await Self.access(keys, headers: ["Authorization": "Token key-\(number)"])
      #expect(found == .success(Access(name: "n\(number)", permissions: [.write], buckets: .only(["b"]))))
    }
  }

  static let unset: [(own: String?, ring: String?)] = [
    (nil, nil), ("No-Key-Provided", nil), (nil, "No-Key-Provided"), (" ", "[]"), ("changeme", " \n"),
    (nil, #"[{"name":"a","key":"placeholder","buckets":["*"],"allow":["read"]}]"#),
  ]

  @Test("Placeholders are no keys", arguments: unset.indices) func placeholders(index: Int) async {
    let (own, ring) = Self.unset[index]
    for given in ["", "No-Key-Provided", "changeme", "placeholder"] {
      #expect(await Self.access(Self.keys(own: own, ring: ring), headers: ["x-api-key": given]) == .failure(.noKeys))
    }
  }

  @Test("A parameter that cannot be read shuts out nobody but those whose key it may hold") func outage() async {
    let failing = CachedParameter(clock: .fixed(0)) { () async throws(AWSError) in
      throw AWSError("AccessDeniedException", "no", operation: "GetParameter", status: 400)
    }
    let log = LogBook()
    let keys = AccessKeys(own: CachedParameter(fixed: "o-key"), ring: failing)
    #expect(await Self.access(keys, headers: ["x-api-key": "o-key"], log: log) == .success(.ofAPIKey))
    #expect(await Self.access(keys, headers: ["x-api-key": "w-key"], log: log) == .failure(.unavailable))
    #expect(log.lines(saying: "the keys cannot be read").count == 2)
    #expect(!log.lines.contains { $0.text.contains("-key\"") })
  }

  @Test("A request is answered even where keys cannot be read in time") func hanging() async throws {
    let never = Gate()
    let key = CachedParameter(clock: .fixed(0)) { () async throws(AWSError) in
      await never.wait()
      return "right"
    }
    let event = HTTPEvent(method: "GET", path: "/", headers: ["x-api-key": "right"])
    await #expect(throws: AccessKeys.Refusal.unavailable) {
      try await AccessKeys(own: key, ring: nil).access(of: event, patience: .milliseconds(1), logger: .silent)
    }
    never.open()
  }

  @Test("Keys that change in their parameter count after five minutes, and a text is read once") func rotation() async {
    let clock = ManualClock(0)
    let reads = Recorder<Int>()
    let ring = CachedParameter(clock: clock.clock) { () async throws(AWSError) in
      reads.append(0)
      return Self.text.replacing("w-key", with: "w\(reads.elements.count)")
    }
    let keys = AccessKeys(own: nil, ring: ring)
    #expect(await Self.access(keys, headers: ["x-api-key": "w1"]) == .success(Self.telegraf))
    clock.advance(6 * 60_000)
    #expect(await Self.access(keys, headers: ["x-api-key": "w1"]) == .failure(.unauthorized))
    #expect(await Self.access(keys, headers: ["x-api-key": "w2"]) == .success(Self.telegraf))
  }

  @Test("Writers need keys of the ring, readers the API's own; the error names the variable") func environment() throws
  {
    let client = try AWSClient(environment: ParameterTests.environment, http: FakeHTTP([]))
    let parameters = CachedParameters(ssm: SSMClient(client), clock: .fixed(0), logger: .silent)
    func fault(_ make: () throws -> AccessKeys) -> String {
      do {
        _ = try make()
        return ""
      } catch { return "\(error)" }
    }
    #expect(fault { try .ofWriters([:], parameters) }.contains("KEYS_SSM_ID"))
    #expect(fault { try .ofReaders(["KEYS": "[]"], parameters) }.contains("API_SSM_ID"))
    #expect(fault { try .ofWriters(["KEYS": "[]"], parameters) } == "")
    #expect(fault { try .ofWriters(["KEYS_SSM_ID": "/k"], parameters) } == "")
    #expect(fault { try .ofReaders(["API_KEY": "k"], parameters) } == "")
  }
}
