import CacheSupport
import SigV4

/// What a client asks for with Query.
struct QueryRequest: Sendable {
  var sql: String
  var maximumRows: Int?
  /// Asks for a further page.
  var token: String?
  var clientToken: String?
  var wantsInsights = false
  /// Tells queries apart in tokens.
  let digest: String

  /// All that a repeated client token must repeat.
  var parameters: String { "\(digest) \(maximumRows ?? 0) \(wantsInsights)" }

  init(sql: String, maximumRows: Int? = nil, clientToken: String? = nil, wantsInsights: Bool = false) {
    self.sql = sql
    self.maximumRows = maximumRows
    self.clientToken = clientToken
    self.wantsInsights = wantsInsights
    digest = Hex.encode(MessageDigest.sha256(Array(sql.utf8)).prefix(8))
  }

  init(_ input: inout Input) throws(ServiceError) {
    let sql = try Self.sql(&input)
    let maximumRows = try input.integer("MaxRows", in: 1...1000).map { Int($0) }
    let token = try input.string("NextToken", length: 1...2048)
    let clientToken = try input.string("ClientToken", length: 32...128)
    let wantsInsights = try Self.wantsInsights(&input)
    try input.check()
    self.init(sql: sql, maximumRows: maximumRows, clientToken: clientToken, wantsInsights: wantsInsights)
    self.token = token
  }

  /// Reads `QueryString`.
  static func sql(_ input: inout Input) throws(ServiceError) -> String {
    try input.string("QueryString", required: true, length: 1...262_144) ?? ""
  }

  private static let idPattern = Input.Pattern(text: "[a-zA-Z0-9]+") { id in
    id.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) }
  }

  /// Reads `QueryId`, all that CancelQuery takes.
  static func id(_ input: inout Input) throws(ServiceError) -> String {
    let id = try input.string("QueryId", required: true, length: 1...64, pattern: idPattern) ?? ""
    try input.check()
    return id
  }

  /// Reads `QueryInsights`.
  static func wantsInsights(_ input: inout Input) throws(ServiceError) -> Bool {
    guard let object = try input.object("QueryInsights") else { return false }
    var insights = Input(object, path: "queryInsights")
    let mode = try insights.string("Mode", required: true, values: ["ENABLED_WITH_RATE_CONTROL", "DISABLED"])
    input.absorb(insights)
    return mode == "ENABLED_WITH_RATE_CONTROL"
  }
}
