import CacheSupport
import SigV4
import Testing

@Suite struct VerifierTests {
  static let credentials = Credentials(accessKeyID: "test", secretAccessKey: "test")
  static let now: Int64 = 1_800_000_000

  /// A request for SQS, signed at an instant, with one thing about it changed.
  static func request(
    at time: Int64 = now, region: String = "us-east-1", service: String = "sqs", secret: String = "test",
    change: (inout SignableRequest) -> Void = { _ in }
  ) -> SignableRequest {
    var request = SignableRequest(
      method: "POST", path: "/",
      headers: [.init("Host", "127.0.0.1:4566"), .init("X-Amz-Target", "AmazonSQS.ListQueues")],
      body: Array("{}".utf8))
    let signer = Signer(
      credentials: Credentials(accessKeyID: "test", secretAccessKey: secret), region: region, service: service)
    request.headers += signer.headers(for: request, at: UTCTime(epochSeconds: time))
    change(&request)
    return request
  }

  static func code(_ request: SignableRequest, now: Int64 = now) -> String {
    let verifier = Verifier(region: "us-east-1") { $0 == "test" ? credentials : nil }
    do throws(Verifier.Refusal) {
      return try verifier.verify(request, services: ["sqs"], now: now)
    } catch {
      return error.code
    }
  }

  static let cases: [(String, SignableRequest, String)] = [
    ("good", request(), "test"),
    ("14 minutes old", request(at: now - 14 * 60), "test"),
    ("16 minutes old", request(at: now - 16 * 60), "InvalidSignatureException"),
    ("16 minutes early", request(at: now + 16 * 60), "InvalidSignatureException"),
    ("other region", request(region: "eu-west-1"), "InvalidSignatureException"),
    ("other service", request(service: "dynamodb"), "InvalidSignatureException"),
    ("other secret", request(secret: "tset"), "InvalidSignatureException"),
    ("changed target", request { $0.headers[1].value = "AmazonSQS.DeleteQueue" }, "InvalidSignatureException"),
    ("changed path", request { $0.path = "/other" }, "InvalidSignatureException"),
    ("added query", request { $0.query = "a=b" }, "InvalidSignatureException"),
    ("no authorization", request { $0.headers.removeLast() }, "MissingAuthenticationTokenException"),
    ("both forms", request { $0.query = "X-Amz-Algorithm=AWS4-HMAC-SHA256" }, "InvalidSignatureException"),
    (
      "unknown key",
      request { $0.headers[3].value = $0.headers[3].value.replacing("=test/", with: "=tess/") },
      "UnrecognizedClientException"
    ),
    ("half a header", request { $0.headers[3].value = "AWS4-HMAC-SHA256 Signature=1" }, "IncompleteSignatureException"),
    ("no date", request { $0.headers.remove(at: 2) }, "IncompleteSignatureException"),
  ]

  @Test("Each fault is refused with the service's code", arguments: cases)
  func codes(name: String, request: SignableRequest, code: String) {
    #expect(Self.code(request) == code, "\(name)")
  }

  @Test("A presigned query is good until it expires")
  func presigned() {
    var request = SignableRequest(method: "GET", path: "/a", headers: [.init("Host", "h")], body: [])
    let signer = Signer(credentials: Self.credentials, region: "us-east-1", service: "sqs")
    request.query = signer.presignedQuery(for: request, at: UTCTime(epochSeconds: Self.now), expires: 60)
    #expect(Self.code(request, now: Self.now + 60) == "test")
    #expect(Self.code(request, now: Self.now + 61) == "InvalidSignatureException")
    request.path = "/b"
    #expect(Self.code(request) == "InvalidSignatureException")
  }

  @Test("A presigned query covers the host", arguments: [[], [SignableRequest.Header("X-Other", "h")]])
  func presignedWithoutHost(headers: [SignableRequest.Header]) {
    var request = SignableRequest(method: "GET", path: "/a", headers: headers, body: [])
    let signer = Signer(credentials: Self.credentials, region: "us-east-1", service: "sqs")
    request.query = signer.presignedQuery(for: request, at: UTCTime(epochSeconds: Self.now), expires: 60)
    // It comes with a host, as every request does, that the signature says nothing of.
    request.headers.append(.init("Host", "h"))
    #expect(Self.code(request) == "InvalidSignatureException")
    // Nor does it help to name one that did not come.
    request.headers.removeLast()
    #expect(Self.code(request) == "InvalidSignatureException")
  }

  @Test("No description holds a secret")
  func descriptions() {
    let credentials = Credentials(accessKeyID: "AKID", secretAccessKey: "hidden", sessionToken: "veiled")
    var dumped = ""
    dump(credentials, to: &dumped)
    for text in ["\(credentials)", String(reflecting: credentials), dumped] {
      #expect(!text.contains("hidden") && !text.contains("veiled") && text.contains("AKID"))
    }
  }
}
