public import CacheSupport

/// AWS Signature Version 4, pure: the date, the region and the credentials are arguments.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.
public struct Signer: Sendable {
  /// Whose signature it is.
  public var credentials: Credentials
  /// Such as `eu-west-1`.
  public var region: String
  /// The service's signing name, such as `timestream`.
  public var service: String
  /// False for S3 alone.
  public var normalizesPath: Bool = true
  /// True adds the session token after signing, as AWS IoT wants it.
  public var omitsSessionToken: Bool = false

  /// What the signature is called in a request.
  public static let algorithm: String = "AWS4-HMAC-SHA256"

  /// A signer of requests to one service in one region.
  ///
  /// - Parameters:
  ///   - credentials: whose signature it is; a session token is added to each request.
  ///   - region: the region that the service checks the signature for, such as `eu-west-1`.
  ///   - service: the signing name, which need not be the endpoint's.
  public init(credentials: Credentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  /// The headers to add to a request: `X-Amz-Date`, `X-Amz-Security-Token` where there is one, `Authorization`.
  public func headers(for request: SignableRequest, at time: UTCTime) -> [SignableRequest.Header] {
    headers(for: request, at: time, key: signingKey)
  }

  /// - Parameter key: the signing key of a day, from ``signingKey(day:)`` or kept from an earlier request.
  package func headers(
    for request: SignableRequest, at time: UTCTime, key: (_ day: String) -> [UInt8]
  ) -> [SignableRequest.Header] {
    let stages = stages(for: request, at: time, key: key)
    var headers = stages.added
    headers.append(
      SignableRequest.Header(
        "Authorization",
        "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(stages.scope), SignedHeaders=\(stages.signedHeaders), Signature=\(stages.signature)"
      ))
    return headers
  }

  /// The query of a presigned URL, signature last.
  ///
  /// - Parameters:
  ///   - request: what the URL asks for; whoever uses the URL must send the same headers. Its query is part of the
  ///     result.
  ///   - time: the time of signing, from which `expires` counts.
  ///   - expires: seconds for which the URL is good, 1 to 604,800.
  public func presignedQuery(for request: SignableRequest, at time: UTCTime, expires: Int) -> String {
    let stages = presignedStages(for: request, at: time, expires: expires)
    var items = stages.query
    if omitsSessionToken, let token = credentials.sessionToken { items.append(("X-Amz-Security-Token", token)) }
    items.append(("X-Amz-Signature", stages.signature))
    return items.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
  }

  /// Every stage of a signature, named as AWS names them.
  package struct Stages {
    fileprivate var canonicalBytes: [UInt8]
    package var canonicalRequest: String { String(decoding: canonicalBytes, as: UTF8.self) }
    package var stringToSign: String
    package var signature: String
    package var signedHeaders: String
    /// Day, region and service, as `Credential` has them.
    package var scope: String
    /// Headers that the signing adds.
    package var added: [SignableRequest.Header] = []
    /// The query that the signature covers.
    package var query: [(name: String, value: String)] = []
  }

  package func stages(for request: SignableRequest, at time: UTCTime) -> Stages {
    stages(for: request, at: time, key: signingKey)
  }

  private func stages(for request: SignableRequest, at time: UTCTime, key: (String) -> [UInt8]) -> Stages {
    var added: [SignableRequest.Header] = []
    func has(_ name: String) -> Bool { request.headers.contains { ASCII.isSameName($0.name, name) } }
    let date = time.basicText
    if !has("x-amz-date") { added.append(.init("X-Amz-Date", date)) }
    var signed = request
    signed.headers += added
    if let token = credentials.sessionToken, !has("x-amz-security-token") {
      added.append(.init("X-Amz-Security-Token", token))
      if !omitsSessionToken { signed.headers.append(.init("X-Amz-Security-Token", token)) }
    }
    var stages = stages(for: signed, query: PercentEncoding.queryItems(request.query), date: date, key: key)
    stages.added = added
    return stages
  }

  package func presignedStages(for request: SignableRequest, at time: UTCTime, expires: Int) -> Stages {
    let signedHeaders = CanonicalRequest.signedHeaders(request.headers)
    let date = time.basicText
    var query = PercentEncoding.queryItems(request.query)
    query += [
      ("X-Amz-Algorithm", Self.algorithm),
      ("X-Amz-Credential", credentials.accessKeyID + "/" + scope(on: Self.day(of: date))),
      ("X-Amz-Date", date),
      ("X-Amz-Expires", String(expires)),
      ("X-Amz-SignedHeaders", signedHeaders),
    ]
    if let token = credentials.sessionToken, !omitsSessionToken { query.append(("X-Amz-Security-Token", token)) }
    var stages = stages(for: request, query: query, date: date, key: signingKey)
    stages.query = query
    return stages
  }

  func stages(
    for request: SignableRequest, query: [(name: String, value: String)], at time: UTCTime,
    key: (_ day: String) -> [UInt8]
  ) -> Stages {
    stages(for: request, query: query, date: time.basicText, key: key)
  }

  private func stages(
    for request: SignableRequest, query: [(name: String, value: String)], date: String, key: (String) -> [UInt8]
  ) -> Stages {
    let canonical = CanonicalRequest(request, query: query, normalizesPath: normalizesPath)
    let day = Self.day(of: date)
    let scope = scope(on: day)
    let hash = Hex.encode(MessageDigest.sha256(canonical.bytes))
    let stringToSign = "\(Self.algorithm)\n\(date)\n\(scope)\n\(hash)"
    let signature = Hex.encode(MessageDigest.hmacSHA256(key: key(day), Array(stringToSign.utf8)))
    return Stages(
      canonicalBytes: canonical.bytes, stringToSign: stringToSign, signature: signature,
      signedHeaders: canonical.signedHeaders, scope: scope)
  }

  private static func day(of date: String) -> String { String(Substring(date.utf8.prefix(8))) }

  private func scope(on day: String) -> String { "\(day)/\(region)/\(service)/aws4_request" }

  /// The key that signs on a day (`20150830`): the secret, turned four times.
  package func signingKey(day: String) -> [UInt8] {
    [day, region, service, "aws4_request"]
      .reduce(Array("AWS4\(credentials.secretAccessKey)".utf8)) { key, part in
        MessageDigest.hmacSHA256(key: key, Array(part.utf8))
      }
  }
}
