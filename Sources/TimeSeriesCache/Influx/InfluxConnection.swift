import CacheSupport
import HTTPTransport
import Synchronization

/// Asks an InfluxDB server: `/write` and `/query`, and `/ping` once.
final class InfluxConnection: Sendable {
  let http: any HTTPClient
  private let url: String
  private let database: String
  private let retentionPolicy: String?
  private let authorization: InfluxAuthorization
  private let state = Mutex(Server.unknown)

  private enum Server {
    case unknown
    case known
    case refused(StoreError)
  }

  /// What a request may take; a function that waits on it has half a minute.
  static let timeout: Duration = .seconds(20)
  /// Bytes of an answer.
  static let mostBytes: Int = 64 << 20
  /// Rows of one chunk of an answer: the server holds so many at a time.
  private static let chunk: Int = 10_000

  init(
    http: any HTTPClient, url: String, database: String, retentionPolicy: String?, authorization: InfluxAuthorization
  ) {
    self.http = http
    self.url = url
    self.database = database
    self.retentionPolicy = retentionPolicy
    self.authorization = authorization
  }

  /// Asks statements.
  ///
  /// - Throws: ``StoreError`` where InfluxDB does not answer, or one of the statements fails.
  func ask(_ question: InfluxQuestion) async throws(StoreError) -> InfluxAnswer {
    let path = "/query?\(place)&epoch=ns&chunked=true&chunk_size=\(Self.chunk)"
    let response = try await send("POST", path, question.form, "application/x-www-form-urlencoded")
    guard response.status == 200 else { throw response.refusal }
    return try InfluxAnswer(response.body, statements: question.statements.count)
  }

  /// Writes lines, with times in nanoseconds.
  ///
  /// - Returns: nil where all of them are written; else what InfluxDB says.
  /// - Throws: ``StoreError`` where no answer came, or one that says nothing of the lines.
  func write(_ lines: ArraySlice<UInt8>) async throws(StoreError) -> InfluxRefusal? {
    let response = try await send("POST", "/write?\(place)&precision=ns", Array(lines), "text/plain; charset=utf-8")
    // A 200 is the page of something else that answers at this address.
    if response.status == 204 { return nil }
    let error = response.refusal
    guard let refusal = InfluxRefusal(error, status: response.status) else { throw error }
    return refusal
  }

  /// The parameters that say where.
  private var place: String {
    let policy = retentionPolicy.map { "&rp=\(PercentEncoding.encode($0))" } ?? ""
    return "db=\(PercentEncoding.encode(database))\(policy)"
  }

  private func send(
    _ method: String, _ path: String, _ body: [UInt8], _ type: String
  ) async throws(StoreError) -> Answer {
    let credential = try await authorization.credential()
    try await check(credential)
    return try await exchange(method, path, body, type, credential)
  }

  /// Sends one request.
  private func exchange(
    _ method: String, _ path: String, _ body: [UInt8], _ type: String?, _ credential: (header: String, secret: String)?
  ) async throws(StoreError) -> Answer {
    var headers: HTTPHeaders = ["Accept": "application/json"]
    if let type { headers["Content-Type"] = type }
    if let credential { headers["Authorization"] = credential.header }
    let redactor = Redactor(key: credential?.secret)
    do throws(HTTPError) {
      let response = try await http.send(
        HTTPRequest(
          method: method, url: url + path, headers: headers, body: body, timeout: Self.timeout,
          responseLimit: Self.mostBytes, acceptsCompression: true))
      return Answer(response, redactor)
    } catch {
      let kind: StoreError.Kind =
        switch error.code {
        case .timedOut: .timedOut
        case .cannotConnect, .connectionLost: .unavailable
        default: .failed
        }
      throw StoreError(kind, "InfluxDB: \(redactor(error.message))", code: error.code.description, cause: error)
    }
  }

  /// Asks the server once what it is; where it does not say, it is asked again with the next request.
  ///
  /// - Throws: ``StoreError`` for InfluxDB 3 Core.
  private func check(_ credential: (header: String, secret: String)?) async throws(StoreError) {
    switch state.withLock({ $0 }) {
    case .known: return
    case .refused(let error): throw error
    case .unknown: break
    }
    // Where it is down, the request itself says so.
    guard let answer = try? await exchange("GET", "/ping", [], nil, credential), answer.status < 500,
      ![401, 403].contains(answer.status)
    else { return }
    if let error = answer.serverRefusal {
      state.withLock { $0 = .refused(error) }
      throw error
    }
    state.withLock { $0 = .known }
  }

  /// What a statement's error means, which comes with status 200.
  static func error(statement text: String) -> StoreError {
    let isLate = text.contains("timeout") || text.contains("query interrupted")
    let isBusy = text.contains("max-concurrent-queries") || text.contains("max concurrent queries")
    return StoreError(isBusy ? .throttled : isLate ? .timedOut : .failed, "InfluxDB: \(text)", code: "QueryError")
  }
}

extension InfluxConnection {
  /// An answer, with what keeps the token out of texts.
  struct Answer {
    let status: Int
    let body: [UInt8]
    private let headers: HTTPHeaders
    private let redactor: Redactor

    init(_ response: HTTPResponse, _ redactor: Redactor) {
      status = response.status
      body = response.body
      headers = response.headers
      self.redactor = redactor
    }

    /// What InfluxDB says: 1.x in `error`, 2.x in `message`.
    private var words: String {
      let json = body.count <= 1 << 20 ? try? JSON(parsing: body) : nil
      let text = json?["error"]?.string ?? json?["message"]?.string ?? headers["X-Influxdb-Error"]
      let said = text ?? String(decoding: body.prefix(InfluxConnection.mostWords), as: UTF8.self)
      return redactor.excerpt(said, InfluxConnection.mostWords)
    }

    /// Why there is no result.
    var refusal: StoreError {
      let said = words
      let tail = said.isEmpty ? "" : ": \(said)"
      let kind: StoreError.Kind =
        switch status {
        case 429: .throttled
        case 408, 504: .timedOut
        case 500 where said.contains("timeout"): .timedOut
        case 500 where said.contains("not found"): .failed
        case 500, 502, 503: .unavailable
        default: .failed
        }
      let text =
        switch status {
        case 401: "InfluxDB does not know who asks; look at the token, its scheme and the database\(tail)"
        case 403: "InfluxDB does not let the token read and write this database\(tail)"
        case 300..<400: "InfluxDB answers with status \(status): give the URL that it leads to\(tail)"
        default: "InfluxDB answers with status \(status)\(tail)"
        }
      return StoreError(
        kind, text, code: "HTTP\(status)", requestID: headers["X-Request-Id"] ?? headers["Request-Id"])
    }

    /// Why the server cannot be used at all; nil where it can, or does not say what it is.
    ///
    /// 1.x and 2.x name themselves in headers; 3 does as well, and in the body of `/ping`.
    var serverRefusal: StoreError? {
      let json = body.count <= 1 << 16 ? try? JSON(parsing: body) : nil
      let version = headers["X-Influxdb-Version"] ?? json?["version"]?.string ?? ""
      let build = headers["X-Influxdb-Build"] ?? json?["build"]?.string ?? json?["product_type"]?.string ?? ""
      let number = version.utf8.drop { $0 == UInt8(ascii: "v") || $0 == UInt8(ascii: "V") }.prefix {
        $0 != UInt8(ascii: ".")
      }
      let isThree = number.elementsEqual("3".utf8)
      guard isThree, !build.lowercased().contains("enterprise") else { return nil }
      return StoreError(
        .failed,
        "InfluxDB 3 Core (\(redactor.excerpt(version))) cannot keep the history: of two points of one instant it does not say which one counts, and a query covers about 72 hours; take InfluxDB 1.x, 2.x or Amazon Timestream for InfluxDB 2, see docs/influxdb.md",
        code: "UnsupportedInfluxDB")
    }
  }

  /// Bytes of what InfluxDB says that are passed on.
  static let mostWords: Int = 600
}

/// What InfluxDB says of lines that it did not take, or not all of.
struct InfluxRefusal: Sendable, Hashable {
  /// InfluxDB's own words.
  var reason: String
  /// How many of the points it says that it dropped; the others are written. Nil where it does not say.
  var dropped: Int?
  /// As an error, for where the points at fault are not found.
  var error: StoreError

  /// Nil for an error that says nothing of the lines, such as a database that is not there.
  init?(_ error: StoreError, status: Int) {
    let text = error.description
    // 2.x answers some of these with 422 or 500.
    let signs = [
      "partial write", "unable to parse", "max key length", "field type conflict", "beyond retention policy",
    ]
    guard status == 413 || signs.contains(where: { text.contains($0) }) else { return nil }
    self.error = StoreError(.failed, text, code: error.code, requestID: error.requestID)
    let start = text.firstRange(of: "partial write: ")?.upperBound ?? text.firstRange(of: ": ")?.upperBound
    var reason = start.map { text[$0...] } ?? text[...]
    if let place = reason.ranges(of: " dropped=").last, let count = Int(reason[place.upperBound...]) {
      dropped = count
      reason = reason[..<place.lowerBound]
    }
    self.reason = String(reason)
  }
}
