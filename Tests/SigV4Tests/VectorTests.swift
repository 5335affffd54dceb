import CacheSupport
import SigV4
import TestSupport
import Testing

/// AWS's own signing vectors (awslabs/aws-c-auth, `tests/aws-signing-test-suite/v4`), in header and in query form.
@Suite(.enabled(if: SharedData.isPresent, "the signing vectors are not beside this checkout"))
struct VectorTests {
  static let names: [String] = SharedData.names(in: "sigv4")

  @Test("There are 38 vectors") func count() { #expect(Self.names.count == 38) }

  @Test("The header form agrees with AWS", arguments: names)
  func header(name: String) throws {
    let vector = try Vector(name)
    let stages = vector.signer.stages(for: vector.headerRequest, at: vector.time)
    #expect(stages.canonicalRequest == (try vector.file("header-canonical-request")))
    #expect(stages.stringToSign == (try vector.file("header-string-to-sign")))
    #expect(stages.signature == (try vector.file("header-signature")))
    let authorization = vector.signer.headers(for: vector.headerRequest, at: vector.time).last
    #expect(try vector.file("header-signed-request").contains("Authorization:\(authorization?.value ?? "absent")"))
  }

  @Test("The query form agrees with AWS", arguments: names)
  func query(name: String) throws {
    let vector = try Vector(name)
    let stages = vector.signer.presignedStages(for: vector.request, at: vector.time, expires: vector.expires)
    #expect(stages.canonicalRequest == (try vector.file("query-canonical-request")))
    #expect(stages.stringToSign == (try vector.file("query-string-to-sign")))
    #expect(stages.signature == (try vector.file("query-signature")))
    let query = vector.signer.presignedQuery(for: vector.request, at: vector.time, expires: vector.expires)
    #expect(query.hasSuffix("X-Amz-Signature=\(stages.signature)"))
  }

  @Test("The verifier accepts what AWS signed and refuses it with one byte changed", arguments: names)
  func verify(name: String) throws {
    let vector = try Vector(name)
    var signed = vector.headerRequest
    signed.headers += vector.signer.headers(for: vector.headerRequest, at: vector.time)
    let credentials = vector.signer.credentials
    var verifier = Verifier(region: "us-east-1") { $0 == credentials.accessKeyID ? credentials : nil }
    verifier.normalizesPath = vector.signer.normalizesPath
    let now = vector.time.epochSeconds
    if vector.signer.omitsSessionToken {
      // The token came after signing, so it is not among the signed headers and the signature still holds.
      #expect(signed.headers.contains { $0.name == "X-Amz-Security-Token" })
    }
    #expect(try verifier.verify(signed, services: ["service"], now: now) == "AKIDEXAMPLE")

    var changed = signed
    changed.payloadHash = String(signed.payloadHash.dropLast()) + (signed.payloadHash.hasSuffix("0") ? "1" : "0")
    #expect(throws: Verifier.Refusal.self) { try verifier.verify(changed, services: ["service"], now: now) }
  }
}

/// One folder of the suite, read.
struct Vector {
  let name: String
  let signer: Signer
  let request: SignableRequest
  /// The request of the header form, which says the body's hash in a header where the suite signs the body.
  let headerRequest: SignableRequest
  let time: UTCTime
  let expires: Int

  init(_ name: String) throws {
    self.name = name
    let context = try JSON(parsing: SharedData.bytes("sigv4/\(name)/context.json"))
    let keys = context["credentials"]
    var signer = Signer(
      credentials: Credentials(
        accessKeyID: try #require(keys?["access_key_id"]?.string),
        secretAccessKey: try #require(keys?["secret_access_key"]?.string), sessionToken: keys?["token"]?.string),
      region: try #require(context["region"]?.string), service: try #require(context["service"]?.string))
    signer.normalizesPath = context["normalize"]?.bool ?? true
    signer.omitsSessionToken = context["omit_session_token"]?.bool ?? false
    self.signer = signer
    let timestamp = try #require(context["timestamp"]?.string)
    time = try #require(ISO8601Time(timestamp)).time
    expires = context["expiration_in_seconds"]?.int ?? 3600
    request = try Self.parse(SharedData.text("sigv4/\(name)/request.txt"))
    var inHeaders = request
    if context["sign_body"]?.bool ?? false {
      inHeaders.headers.append(.init("x-amz-content-sha256", request.payloadHash))
    }
    headerRequest = inHeaders
  }

  func file(_ part: String) throws -> String { try SharedData.text("sigv4/\(name)/\(part).txt") }

  /// Reads the suite's raw requests: no blank after a header's colon, folded lines, unencoded blanks in the path.
  static func parse(_ text: String) throws -> SignableRequest {
    let parts = text.split(separator: "\n\n", maxSplits: 1, omittingEmptySubsequences: false)
    let lines = parts[0].split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.first)
    let method = start.prefix { $0 != " " }
    let target = start.dropFirst(method.count + 1).dropLast(" HTTP/1.1".count)
    let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var headers: [SignableRequest.Header] = []
    for line in lines.dropFirst() where !line.isEmpty {
      if line.hasPrefix(" "), let last = headers.indices.last {
        headers[last].value += "\n" + line
      } else {
        let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        headers.append(.init(String(pair[0]), String(pair[1])))
      }
    }
    let body = parts.count > 1 ? Array(parts[1].utf8) : []
    return SignableRequest(
      method: String(method), path: String(pieces[0]), query: pieces.count > 1 ? String(pieces[1]) : "",
      headers: headers, body: body)
  }
}
