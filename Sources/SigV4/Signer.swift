public import CacheSupport

/// AWS Signature Version 4, pure: the date, the region and the credentials are arguments.
///
/// See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>.
public struct Signer: Sendable {
  public var credentials: Credentials
  public var region: String
  /// The service's signing name, such as `timestream`.
  public var service: String
  /// False for S3 alone.
  public var normalizesPath: Bool = true
  /// True adds the session token after signing, as AWS IoT wants it.
  public var omitsSessionToken: Bool = false

  public static let algorithm: String = "AWS4-HMAC-SHA256"

  public init(credentials: Credentials, region: String, service: String) {
    self.credentials = credentials
    self.region = region
    self.service = service
  }

  /// The headers to add to a request: `X-Amz-Date`, `X-Amz-Security-Token` where there is one, `Authorization`.
  public func headers(for request: SignableRequest, at time: UTCTime) -> [SignableRequest.Header] {
    let stages = stages(for: request, at: time)
    return stages.added + [
      SignableRequest.Header(
        "Authorization",
        "\(Self.algorithm) Credential=\(credentials.accessKeyID)/\(scope(at: time)), "
          + "SignedHeaders=\(stages.signedHeaders), Signature=\(stages.signature)")
    ]
  }

  /// The query of a presigned URL, signature last.
  ///
  /// - Parameter expires: seconds for which the URL is good, 1 to 604,800.
  public func presignedQuery(for request: SignableRequest, at time: UTCTime, expires: Int) -> String {
    let stages = presignedStages(for: request, at: time, expires: expires)
    var items = stages.query
    if omitsSessionToken, let token = credentials.sessionToken { items.append(("X-Amz-Security-Token", token)) }
    items.append(("X-Amz-Signature", stages.signature))
    return items.map { PercentEncoding.encode($0.name) + "=" + PercentEncoding.encode($0.value) }.joined(separator: "&")
  }

  /// Every stage of a signature, named as AWS names them.
  package struct Stages {
    package var canonicalRequest: String
    package var stringToSign: String
    package var signature: String
    package var signedHeaders: String
    /// Headers that the signing adds.
    package var added: [SignableRequest.Header] = []
    /// The query that the signature covers.
    package var query: [(name: String, value: String)] = []
  }

  package func stages(for request: SignableRequest, at time: UTCTime) -> Stages {
    var added: [SignableRequest.Header] = []
    func has(_ name: String) -> Bool { request.headers.contains { $0.name.lowercased() == name } }
    if !has("x-amz-date") { added.append(.init("X-Amz-Date", time.basicText)) }
    var signed = request
    signed.headers = request.headers + added
    if let token = credentials.sessionToken, !has("x-amz-security-token") {
      added.append(.init("X-Amz-Security-Token", token))
      if !omitsSessionToken { signed.headers.append(.init("X-Amz-Security-Token", token)) }
    }
    var stages = stages(for: signed, query: PercentEncoding.queryItems(request.query), at: time)
    stages.added = added
    return stages
  }

  package func presignedStages(for request: SignableRequest, at time: UTCTime, expires: Int) -> Stages {
    let signedHeaders = CanonicalRequest.headers(request.headers).map(\.name).joined(separator: ";")
    var query = PercentEncoding.queryItems(request.query)
    query += [
      ("X-Amz-Algorithm", Self.algorithm),
      ("X-Amz-Credential", credentials.accessKeyID + "/" + scope(at: time)),
      ("X-Amz-Date", time.basicText),
      ("X-Amz-Expires", String(expires)),
      ("X-Amz-SignedHeaders", signedHeaders),
    ]
    if let token = credentials.sessionToken, !omitsSessionToken { query.append(("X-Amz-Security-Token", token)) }
    var stages = stages(for: request, query: query, at: time)
    stages.query = query
    return stages
  }

  func stages(for request: SignableRequest, query: [(name: String, value: String)], at time: UTCTime) -> Stages {
    let canonical = CanonicalRequest(request, query: query, normalizesPath: normalizesPath)
    let stringToSign = [
      Self.algorithm, time.basicText, scope(at: time), Hex.encode(MessageDigest.sha256(Array(canonical.text.utf8))),
    ].joined(separator: "\n")
    let signature = Hex.encode(MessageDigest.hmacSHA256(key: signingKey(at: time), Array(stringToSign.utf8)))
    return Stages(
      canonicalRequest: canonical.text, stringToSign: stringToSign, signature: signature,
      signedHeaders: canonical.signedHeaders)
  }

  func scope(at time: UTCTime) -> String { "\(time.basicText.prefix(8))/\(region)/\(service)/aws4_request" }

  private func signingKey(at time: UTCTime) -> [UInt8] {
    [String(time.basicText.prefix(8)), region, service, "aws4_request"]
      .reduce(Array("AWS4\(credentials.secretAccessKey)".utf8)) { key, part in
        MessageDigest.hmacSHA256(key: key, Array(part.utf8))
      }
  }
}
