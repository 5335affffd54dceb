internal import CacheSupport

/// Checks a signed request as a service's front door does; the error texts are the service's own.
package struct Verifier: Sendable {
  /// The region that requests must be signed for.
  package var region: String
  /// How far a request's date may be from now, in seconds: AWS allows 15 minutes.
  package var window: Int64 = 15 * 60
  /// False for S3 alone.
  package var normalizesPath: Bool = true
  /// The credentials of an access key; nil where it is unknown.
  private let credentials: @Sendable (_ accessKeyID: String) -> Credentials?
  private let keys = SigningKeyCache()

  /// - Parameter credentials: looks up an access key.
  package init(region: String, credentials: @escaping @Sendable (String) -> Credentials?) {
    self.region = region
    self.credentials = credentials
  }

  /// Why a request is refused.
  package struct Refusal: Error, Hashable {
    /// The service's error code, such as `InvalidSignatureException`.
    package var code: String
    /// The service's own words.
    package var message: String
  }

  /// - Parameters:
  ///   - request: every header that came, and the path and query as they were sent.
  ///   - services: the signing names that this front door serves.
  ///   - now: epoch seconds.
  /// - Returns: the access key that signed.
  /// - Throws: ``Refusal``.
  package func verify(_ request: SignableRequest, services: Set<String>, now: Int64) throws(Refusal) -> String {
    let query = PercentEncoding.queryItems(request.query)
    let header = request.headers.first { ASCII.isSameName($0.name, "authorization") }?.value
    let inQuery = query.contains { $0.name == "X-Amz-Algorithm" }
    if header != nil, inQuery {
      throw Refusal(
        code: "InvalidSignatureException",
        message: "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
    }
    let claim: Claim
    if let header {
      claim = try Claim(authorization: header, request: request)
    } else if inQuery {
      claim = try Claim(query: query)
    } else {
      throw Refusal(
        code: "MissingAuthenticationTokenException", message: "Request is missing Authentication Token")
    }
    guard claim.region == region else {
      throw .signature("Credential should be scoped to a valid region, not '\(claim.region)'. ")
    }
    guard services.contains(claim.service) else {
      throw .signature(
        "Credential should be scoped to correct service: '\(services.sorted().joined(separator: "' or '"))'. ")
    }
    guard claim.terminator == "aws4_request" else {
      throw .signature(
        "Credential should be scoped with a valid terminator: 'aws4_request', not '\(claim.terminator)'. ")
    }
    guard let time = ISO8601Time(claim.date)?.time, claim.date == time.basicText else {
      throw Refusal(
        code: "IncompleteSignatureException",
        message:
          "Date must be in ISO-8601 'basic format'. Got '\(claim.date)'. See http://en.wikipedia.org/wiki/ISO_8601")
    }
    guard claim.day == claim.date.prefix(8) else {
      throw .signature(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '\(claim.day)' != '\(claim.date.prefix(8))', from '\(claim.date)'."
      )
    }
    try checkAge(claim, time: time, now: now)
    guard let credentials = credentials(claim.accessKeyID) else {
      throw Refusal(
        code: "UnrecognizedClientException", message: "The security token included in the request is invalid.")
    }
    try checkSignature(claim, request: request, query: query, credentials: credentials, time: time)
    return claim.accessKeyID
  }

  private func checkAge(_ claim: Claim, time: UTCTime, now: Int64) throws(Refusal) {
    let nowText = UTCTime(epochSeconds: now).basicText
    if let expires = claim.expires {
      guard now <= time.epochSeconds + expires else {
        throw .signature("Signature expired: \(claim.date) is now earlier than \(nowText)")
      }
    } else if time.epochSeconds < now - window {
      let edge = UTCTime(epochSeconds: now - window).basicText
      throw .signature("Signature expired: \(claim.date) is now earlier than \(edge) (\(nowText) - 15 min.)")
    }
    if time.epochSeconds > now + window {
      let edge = UTCTime(epochSeconds: now + window).basicText
      throw .signature("Signature not yet current: \(claim.date) is still later than \(edge) (\(nowText) + 15 min.)")
    }
  }

  private func checkSignature(
    _ claim: Claim, request: SignableRequest, query: [(name: String, value: String)], credentials: Credentials,
    time: UTCTime
  ) throws(Refusal) {
    var signed = request
    signed.headers = request.headers.filter { claim.signs($0.name) }
    var signer = Signer(credentials: credentials, region: claim.region, service: claim.service)
    // A token that was signed is among the headers or the query already; one that was not is not part of the signature.
    signer.credentials.sessionToken = nil
    signer.normalizesPath = normalizesPath
    let stages: Signer.Stages
    // Without the host a signature would be good for any other service of the region, too.
    let isThere = { (name: String) in signed.headers.contains { ASCII.isSameName($0.name, name) } }
    guard claim.signs("host"), claim.signedHeaders.allSatisfy(isThere) else {
      throw .signature("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
    }
    if claim.expires == nil {
      // `x-amz-date` is the signature's date; the plain `Date` header may replace it.
      stages = signer.stages(for: signed, query: query, at: time, key: { keys.key(of: signer, day: $0) })
    } else {
      stages = signer.stages(
        for: signed, query: query.filter { $0.name != "X-Amz-Signature" }, at: time,
        key: { keys.key(of: signer, day: $0) })
    }
    guard MessageDigest.isSame(stages.signature, claim.signature) else {
      throw .signature(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'\(stages.canonicalRequest)'\n\nThe String-to-Sign should have been\n'\(stages.stringToSign)'\n"
      )
    }
  }
}

extension Verifier.Refusal {
  static func signature(_ message: String) -> Self { Self(code: "InvalidSignatureException", message: message) }
}

/// What a request says about its signature.
private struct Claim {
  var accessKeyID, day, region, service, terminator: String
  var date: String
  var signedHeaders: [String]
  var signature: String
  var expires: Int64?

  init(authorization: String, request: SignableRequest) throws(Verifier.Refusal) {
    func incomplete(_ text: String) -> Verifier.Refusal {
      Verifier.Refusal(code: "IncompleteSignatureException", message: text)
    }
    guard authorization.utf8.starts(with: Signer.algorithm.utf8) else {
      throw incomplete("Unsupported AWS 'algorithm': '\(authorization.prefix { $0 != " " })'.")
    }
    var parts: [Substring: String] = [:]
    // By bytes: going by characters takes longer than the signature.
    for part in authorization.utf8.dropFirst(Signer.algorithm.utf8.count).split(separator: UInt8(ascii: ",")) {
      let pair = Substring(part).utf8.split(separator: UInt8(ascii: "="), maxSplits: 1)
      guard pair.count == 2 else { continue }
      parts[Substring(Substring(pair[0]).utf8.trimmingBlanks)] = String(
        Substring(Substring(pair[1]).utf8.trimmingBlanks))
    }
    let missing = ["Credential", "Signature", "SignedHeaders"].filter { parts[$0] == nil }
    var sentences = missing.map { "Authorization header requires '\($0)' parameter. " }
    let date =
      request.headers.first { ASCII.isSameName($0.name, "x-amz-date") }
      ?? request.headers.first { ASCII.isSameName($0.name, "date") }
    if date == nil {
      sentences.append("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ")
    }
    guard let date, let credential = parts["Credential"], let signature = parts["Signature"],
      let names = parts["SignedHeaders"]
    else { throw incomplete(sentences.joined() + "Authorization=\(authorization)") }
    try self.init(credential: credential, date: date.value, signedHeaders: names, signature: signature)
  }

  init(query: [(name: String, value: String)]) throws(Verifier.Refusal) {
    func value(_ name: String) throws(Verifier.Refusal) -> String {
      guard let item = query.first(where: { $0.name == name }) else {
        throw Verifier.Refusal(
          code: "IncompleteSignatureException",
          message: "AWS query-string parameters must include '\(name)'. Re-examine the query-string parameters.")
      }
      return item.value
    }
    try self.init(
      credential: try value("X-Amz-Credential"), date: try value("X-Amz-Date"),
      signedHeaders: try value("X-Amz-SignedHeaders"), signature: try value("X-Amz-Signature"))
    guard let seconds = Int64(try value("X-Amz-Expires")), (1...604_800).contains(seconds) else {
      throw .signature("X-Amz-Expires must be a number from 1 to 604800 seconds")
    }
    expires = seconds
  }

  private init(
    credential: String, date: String, signedHeaders: String, signature: String
  ) throws(Verifier.Refusal) {
    let scope = credential.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
    guard scope.count == 5 else {
      throw Verifier.Refusal(
        code: "IncompleteSignatureException",
        message:
          "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '\(credential)'"
      )
    }
    (accessKeyID, day, region, service, terminator) = (scope[0], scope[1], scope[2], scope[3], scope[4])
    self.date = date
    self.signedHeaders = signedHeaders.utf8.split(separator: UInt8(ascii: ";")).map {
      String(Substring(Substring($0).utf8.trimmingBlanks))
    }
    self.signature = signature
  }

  /// Whether the signature covers a header.
  func signs(_ name: String) -> Bool { signedHeaders.contains { ASCII.isSameName(name, $0) } }
}

extension Substring.UTF8View {
  /// Without the spaces around it.
  fileprivate var trimmingBlanks: Substring.UTF8View {
    var text = self
    while text.first == UInt8(ascii: " ") { text = text.dropFirst() }
    while text.last == UInt8(ascii: " ") { text = text.dropLast() }
    return text
  }
}
