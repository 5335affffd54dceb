import CacheSupport
import Foundation
import HTTPTransport
import SigV4
import TestSupport
import Testing

@testable import AWSClients

@Suite(.timeLimit(.minutes(10))) struct SingleSignOnTests {
  /// 2027-01-15T08:00:00Z
  static let now = CredentialTests.now

  static let config = """
    [profile p]
    sso_session = s
    sso_account_id = 12
    sso_role_name = r/x
    [profile old]
    sso_start_url = s
    sso_region = eu-west-3
    sso_account_id = 12
    sso_role_name = r/x
    [sso-session s]
    sso_region = eu-west-3
    sso_start_url = https://d
    """
  static let cache = ".aws/sso/cache/\(Hex.encode(MessageDigest.sha1(Array("s".utf8)))).json"

  static let portal =
    "https://portal.sso.eu-west-3.amazonaws.com/federation/credentials?role_name=r%2Fx&account_id=12"
  static let oidc = "https://oidc.eu-west-3.amazonaws.com/token"

  /// Both services; a renewal gives `new`, which alone the portal takes where `old` is over.
  static func services(
    renewal: HTTPResponse = .json(200, #"{"accessToken":"new","expiresIn":28800,"refreshToken":"r2"}"#)
  )
    -> FakeHTTP
  {
    FakeHTTP { request, _ in
      switch request.url {
      case oidc: .success(renewal)
      case portal:
        .success(
          .json(
            200,
            #"{"roleCredentials":{"accessKeyId":"\#(request.headers["x-amz-sso_bearer_token"] ?? "")","secretAccessKey":"b","sessionToken":"c","expiration":1800003600000}}"#
          ))
      default: .failure(HTTPError(.cannotConnect, "no"))
      }
    }
  }

  static func token(until end: String, _ more: String = full) -> String {
    #"{"startUrl":"https://d","accessToken":"old","expiresAt":"\#(end)"\#(more),"own":{"kept":1.0}}"#
  }

  static let full =
    #","clientId":"i","clientSecret":"x","refreshToken":"r1","registrationExpiresAt":"2027-03-01T00:00:00Z""#

  /// The key that is the token's name, and what the cache then holds.
  static func resolve(_ token: String, profile: String = "p", http: FakeHTTP) async throws -> (
    key: String?, cache: String
  ) {
    try await TestHome.with(config: config, files: [cache: token]) { home in
      let found = try await home.resolve(["AWS_PROFILE": profile], http: http)
      let attributes = try FileManager.default.attributesOfItem(atPath: home.folder.appending(path: cache).path)
      let names = try FileManager.default.contentsOfDirectory(
        atPath: home.folder.appending(path: ".aws/sso/cache").path)
      #expect(names.count == 1)
      let text = try home.text(cache)
      if text != token { #expect(attributes[.posixPermissions] as? Int == 0o600) }
      return (found?.credentials.accessKeyID, text)
    }
  }

  @Test("A token with time left is used as it is", arguments: ["2027-01-15T08:15:01Z", "2027-01-15T08:30:00UTC"])
  func valid(end: String) async throws {
    let http = Self.services()
    let token = Self.token(until: end)
    let (key, cache) = try await Self.resolve(token, http: http)
    #expect(key == "old")
    #expect(cache == token)
    #expect(http.requests.map(\.url) == [Self.portal])
    #expect(http.requests.first?.headers["Authorization"] == nil)
  }

  @Test(
    "A token in its last minutes, or over, is renewed and written back",
    arguments: ["2027-01-15T08:14:59Z", "2027-01-14T00:00:00Z"])
  func renewed(end: String) async throws {
    let http = Self.services()
    let (key, cache) = try await Self.resolve(Self.token(until: end), http: http)
    #expect(key == "new")
    #expect(http.requests.map(\.url) == [Self.oidc, Self.portal])
    let request = try #require(http.requests.first)
    #expect(request.method == "POST")
    #expect(request.headers["Content-Type"] == "application/json")
    #expect(
      try JSON(parsing: request.body)
        == ["grantType": "refresh_token", "clientId": "i", "clientSecret": "x", "refreshToken": "r1"])
    #expect(
      cache
        == #"{"startUrl":"https://d","accessToken":"new","expiresAt":"2027-01-15T16:00:00Z","clientId":"i","clientSecret":"x","refreshToken":"r2","registrationExpiresAt":"2027-03-01T00:00:00Z","own":{"kept":1.0}}"#
    )
  }

  @Test("A renewal that fails leaves a token that still holds in use, and the cache as it was") func keeps()
    async throws
  {
    let http = Self.services(renewal: .json(400, #"{"error":"invalid_grant"}"#))
    let token = Self.token(until: "2027-01-15T08:00:01Z")
    let (key, cache) = try await Self.resolve(token, http: http)
    #expect(key == "old")
    #expect(cache == token)
  }

  static let overs: [(token: String, profile: String, renewal: HTTPResponse, words: String, isTransient: Bool)] = [
    (
      token(until: "2027-01-15T07:59:59Z"), "p", .json(400, #"{"error":"invalid_grant"}"#), "could not be renewed",
      false
    ),
    (
      token(until: "2027-01-15T07:59:59Z"), "p", .json(200, #"{"accessToken":"new"}"#),
      "lacks accessToken or expiresIn", true
    ),
    (token(until: "2027-01-15T07:59:59Z", ""), "p", .json(200, ""), "lacks what a renewal needs", false),
    (
      token(until: "2027-01-15T07:59:59Z", full.replacing("2027-03", with: "2027-01")), "p", .json(200, ""),
      "registration", false
    ),
    (token(until: "2027-01-15T07:59:59Z"), "old", .json(200, ""), "without sso_session", false),
    ("{}", "p", .json(200, ""), "holds no single sign-on token", false),
  ]

  @Test(
    "A token that is over and cannot be renewed is an error that says why and what to run", arguments: overs.indices)
  func over(index: Int) async {
    let (token, profile, renewal, words, isTransient) = Self.overs[index]
    await #expect { try await Self.resolve(token, profile: profile, http: Self.services(renewal: renewal)) } throws: {
      error in
      let text = "\(error)"
      return text.contains(words) && text.contains("run 'aws sso login --profile \(profile)'")
        && !["r1", "\"x\"", "old\""].contains { text.contains($0) }
        && (error as? CredentialError)?.isTransient == isTransient
    }
  }

  @Test("Both requests are reported") func reports() async throws {
    let reports = Recorder<String>()
    let token = Self.token(until: "2027-01-15T07:59:59Z")
    _ = try await TestHome.with(config: Self.config, files: [Self.cache: token]) { home in
      try await home.resolve(["AWS_PROFILE": "p"], http: Self.services()) {
        reports.append("\($0.service) \($0.operation) \($0.attempt) \($0.status ?? 0)")
      }
    }
    #expect(reports.elements == ["oidc CreateToken 1 200", "portal.sso GetRoleCredentials 1 200"])
  }

  @Test("A profile's name with a blank is quoted in the command to run") func quotedProfile() async throws {
    let config = Self.config.replacing("[profile p]", with: "[profile 'dev $team']")
    await #expect {
      try await TestHome.with(config: config, files: [Self.cache: "{}"]) { home in
        try await home.resolve(["AWS_PROFILE": "dev $team"])
      }
    } throws: { "\($0)".contains(#"run 'aws sso login --profile "dev \$team"'"#) }
  }

  @Test("A renewed token that cannot be kept is an error: its login would end unnoticed") func unwritable() async throws
  {
    // The cache's folder is gone when the token comes.
    try await TestHome.with(config: Self.config, files: [Self.cache: Self.token(until: "2027-01-15T07:00:00Z")]) {
      home in
      let answers = Self.services()
      let http = FakeHTTP { [folder = home.folder] request, _ in
        try? FileManager.default.removeItem(at: folder.appending(path: ".aws/sso"))
        do throws(HTTPError) { return .success(try await answers.send(request)) } catch { return .failure(error) }
      }
      await #expect { try await home.resolve(["AWS_PROFILE": "p"], http: http) } throws: {
        "\($0)".contains("the new token cannot be kept: cannot create ")
      }
    }
  }

  @Test("A role that is refused is an error with the service's word and what to run") func refused() async {
    let http = FakeHTTP([
      .success(.json(403, #"{"message":"No access"}"#, headers: ["x-amzn-ErrorType": "ForbiddenException"]))
    ])
    await #expect {
      try await Self.resolve(Self.token(until: "2027-01-15T09:00:00Z"), http: http)
    } throws: {
      "\($0)".contains("ForbiddenException: No access") && "\($0)".contains("aws sso login --profile p")
    }
  }
}
