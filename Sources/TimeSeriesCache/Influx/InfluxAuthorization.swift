import AWSClients
import CacheSupport

/// How InfluxDB is told who asks: a scheme, and a token that may change while the process runs.
public struct InfluxAuthorization: Sendable, CustomStringConvertible, CustomReflectable {
  /// The schemes that InfluxDB's versions know.
  public enum Scheme: String, Sendable, Hashable, CaseIterable {
    /// A token of 2.x, or `name:password` of 1.8.
    case token = "Token"
    /// A token of 3, or a signed one of 1.x.
    case bearer = "Bearer"
    /// `name:password`.
    case basic = "Basic"
  }

  private let scheme: Scheme
  private let token: CachedParameter?

  /// Nothing is sent: for a server that asks nobody.
  public static let none: InfluxAuthorization = InfluxAuthorization(.token, nil)

  /// A token that never changes; for ``Scheme/basic`` it is `name:password`.
  public init(_ scheme: Scheme, token: String) { self.init(scheme, CachedParameter(fixed: token)) }

  init(_ scheme: Scheme, _ token: CachedParameter?) {
    self.scheme = scheme
    self.token = token
  }

  /// The scheme, without the token.
  public var description: String { token == nil ? "none" : scheme.rawValue }
  /// What ``description`` says.
  public var customMirror: Mirror { Mirror(self, children: ["scheme": description]) }

  /// What is sent, and what must not be in any text; nil where nothing is sent.
  func credential() async throws(StoreError) -> (header: String, secret: String)? {
    guard let token else { return nil }
    let text = try await StoreError.translating { () async throws(AWSError) in try await token.value() }
    let secret = try Self.secret(in: text)
    guard !PlaceholderKey.isPlaceholder(secret) else {
      throw StoreError(.failed, "no token for InfluxDB has been set yet", code: "NoToken")
    }
    guard secret.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw StoreError(
        .failed, "the token for InfluxDB has a control character, which no header can carry", code: "NoToken")
    }
    let sent = scheme == .basic ? Base64.text(Array(secret.utf8).span) : secret
    return ("\(scheme.rawValue) \(sent)", secret)
  }

  /// The token of a secret: the text itself, or of a JSON object the member `token`, else `username:password`.
  ///
  /// Secrets of Amazon Timestream for InfluxDB are such objects; see
  /// <https://docs.aws.amazon.com/timestream/latest/developerguide/timestream-for-influx-security-db-secrets.html>.
  static func secret(in text: String) throws(StoreError) -> String {
    let text = text.trimmingBlanks()
    guard text.utf8.first == UInt8(ascii: "{"), let json = try? JSON(parsing: text) else { return text }
    if let token = json["token"]?.string { return token }
    if let name = json["username"]?.string, let password = json["password"]?.string { return "\(name):\(password)" }
    throw StoreError(
      .failed, "the secret for InfluxDB is a JSON object without 'token', and without 'username' and 'password'",
      code: "NoToken")
  }
}

extension String {
  /// Without blanks and lines' ends around it, which editors add to secrets.
  fileprivate func trimmingBlanks() -> String {
    let bytes = utf8.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed()
    return String(decoding: Array(bytes), as: UTF8.self)
  }
}
