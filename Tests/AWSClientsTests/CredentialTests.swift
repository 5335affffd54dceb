import CacheSupport
import Foundation
import HTTPTransport
import SigV4
import TestSupport
import Testing

@testable import AWSClients

@Suite struct CredentialTests {
  static let now: Int64 = 1_800_000_000_000

  /// Resolves through the whole chain with files in a folder of the test's own.
  static func resolve(
    _ environment: [String: String] = [:], config: String = "", credentials: String = "", files: [String: String] = [:],
    http: FakeHTTP = FakeHTTP([.failure(HTTPError(.cannotConnect, "no"))])
  ) async throws -> TemporaryCredentials? {
    let home = FileManager.default.temporaryDirectory.appending(
      path: "home-\(RandomID.uuid())", directoryHint: .isDirectory)
    defer { try? FileManager.default.removeItem(at: home) }
    for (path, text) in files.merging(
      [".aws/config": config, ".aws/credentials": credentials], uniquingKeysWith: { own, _ in own })
    {
      let file = home.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let all = ProcessEnvironment(["HOME": home.path]).merging(
      environment.mapValues { $0.replacing("HOME", with: home.path) })
    return try await CredentialChain(environment: all, http: http, clock: .fixed(now)).resolve()
  }

  static func pair(_ key: String, _ secret: String, _ token: String? = nil, until end: Int64? = nil)
    -> TemporaryCredentials
  {
    TemporaryCredentials(Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token), expiration: end)
  }

  @Test("The environment comes first") func environment() async throws {
    let found = try await Self.resolve(
      [
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "c",
        "AWS_CREDENTIAL_EXPIRATION": "2027-01-15T08:00:00Z",
      ],
      credentials: "[default]\naws_access_key_id=x\naws_secret_access_key=y")
    #expect(found == Self.pair("a", "b", "c", until: Self.now))
    await #expect(throws: CredentialError.self) { try await Self.resolve(["AWS_ACCESS_KEY_ID": "a"]) }
  }

  static let profiles:
    [(environment: [String: String], config: String, credentials: String, expected: TemporaryCredentials?)] = [
      ([:], "", "[default]\naws_access_key_id = a # why\naws_secret_access_key = b", pair("a", "b")),
      ([:], "[default]\r\naws_access_key_id=a\r\naws_secret_access_key=b\r\n", "", pair("a", "b")),
      (
        ["AWS_PROFILE": "p"], "[profile p]\naws_access_key_id=a\naws_secret_access_key=b\naws_session_token=c",
        "[default]\naws_access_key_id=x", pair("a", "b", "c")
      ),
      // The credentials file wins over the configuration.
      (
        ["AWS_PROFILE": "p"], "[profile p]\naws_access_key_id=x\naws_secret_access_key=y",
        "[p]\naws_access_key_id=a\naws_secret_access_key=b", pair("a", "b")
      ),
      (["AWS_CONFIG_FILE": "HOME/elsewhere"], "[default]\naws_access_key_id=x\naws_secret_access_key=y", "", nil),
      ([:], "", "", nil),
    ]

  @Test("Static keys are found in either file", arguments: profiles.indices)
  func profile(index: Int) async throws {
    let (environment, config, credentials, expected) = Self.profiles[index]
    #expect(try await Self.resolve(environment, config: config, credentials: credentials) == expected)
  }

  @Test(
    "A profile that does not exist, or lacks something, is an error that names it",
    arguments: [
      ("[default]", "nope"), ("[profile p]\naws_access_key_id=a", "p"),
      ("[profile p]\nrole_arn=r\nsource_profile=q", "q"),
      ("[profile p]\nrole_arn=r\nsource_profile=q\n[profile q]\nrole_arn=s\nsource_profile=p", "circle"),
      ("[profile p]\nrole_arn=r", "credential_source"),
      ("[profile p]\nsso_session=s\nsso_account_id=1\nsso_role_name=r", "s"),
    ])
  func badProfile(config: String, word: String) async {
    await #expect { try await Self.resolve(["AWS_PROFILE": word == "nope" ? "nope" : "p"], config: config) } throws: {
      "\($0)".contains(word)
    }
  }

  static let stsAnswer = """
    <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ra</AccessKeyId><SecretAccessKey>rb</SecretAccessKey>\
    <SessionToken>rc</SessionToken><Expiration>2027-01-15T09:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
    """

  @Test("A role is assumed with the source profile's keys") func role() async throws {
    let http = FakeHTTP([.success(.json(200, Self.stsAnswer))])
    let found = try await Self.resolve(
      ["AWS_PROFILE": "p"],
      config:
        "[profile p]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nexternal_id = e&x\nregion = eu-central-1",
      credentials: "[base]\naws_access_key_id=a\naws_secret_access_key=b", http: http)
    #expect(found == Self.pair("ra", "rb", "rc", until: Self.now + 3_600_000))
    let request = try #require(http.requests.first)
    #expect(request.url == "https://sts.eu-central-1.amazonaws.com/")
    #expect(request.headers["Authorization"]?.contains("Credential=a/20270115/eu-central-1/sts/aws4_request") ?? false)
    let body = String(decoding: request.body, as: UTF8.self)
    #expect(
      body.contains("Action=AssumeRole&") && body.contains("ExternalId=e%26x")
        && body.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"))
  }

  @Test("A web identity's token is its proof: the call is not signed") func webIdentity() async throws {
    let http = FakeHTTP([.success(.json(200, Self.stsAnswer))])
    let found = try await Self.resolve(
      ["AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:r", "AWS_REGION": "us-east-2"],
      files: ["token": "jwt\n"], http: http)
    #expect(found == Self.pair("ra", "rb", "rc", until: Self.now + 3_600_000))
    #expect(http.requests.first?.headers["Authorization"] == nil)
    #expect(
      http.requests.first.map { String(decoding: $0.body, as: UTF8.self) }?.hasSuffix("WebIdentityToken=jwt") ?? false)
  }

  @Test("A role that is refused is an error with the service's words") func roleRefused() async {
    let http = FakeHTTP([
      .success(
        .json(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>"))
    ])
    await #expect {
      try await Self.resolve(
        ["AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": "arn:r"], files: ["token": "secret-jwt"],
        http: http)
    } throws: { "\($0)" == "AssumeRoleWithWebIdentity of arn:r failed: AccessDenied: not you" }
  }

  @Test("A process prints credentials; one that fails, or prints something else, is an error")
  func process() async throws {
    func run(_ script: String) async throws -> TemporaryCredentials? {
      // The home folder is known to the configuration only through a variable that no shell expands: a path is written in.
      let folder = FileManager.default.temporaryDirectory.appending(path: "process-\(RandomID.uuid()).sh")
      try Data(script.utf8).write(to: folder)
      defer { try? FileManager.default.removeItem(at: folder) }
      return try await Self.resolve(config: "[default]\ncredential_process = sh '\(folder.path)'")
    }
    let good =
      #"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2027-01-15T08:00:00Z"}'"#
    #expect(try await run(good) == Self.pair("a", "b", "c", until: Self.now))
    for bad in ["exit 3", "echo no", #"echo '{"Version":2}'"#, #"echo '{"Version":1}'"#] {
      await #expect(throws: CredentialError.self) { try await run(bad) }
    }
    await #expect(throws: CredentialError.self) {
      try await Self.resolve(config: "[default]\ncredential_process = /nonexistent/x")
    }
    #expect(ProcessCredentials.split(#"a "b c" 'd "e' f"g"h """#) == ["a", "b c", #"d "e"#, "fgh", ""])
  }

  @Test("Single sign-on reads the token that a login left") func sso() async throws {
    let http = FakeHTTP([
      .success(
        .json(
          200,
          #"{"roleCredentials":{"accessKeyId":"a","secretAccessKey":"b","sessionToken":"c","expiration":1800003600000}}"#
        ))
    ])
    let config =
      "[profile p]\nsso_session = s\nsso_account_id = 12\nsso_role_name = r/x\n[sso-session s]\nsso_region = eu-west-3\nsso_start_url = https://d"
    let cache = ".aws/sso/cache/\(Hex.encode(MessageDigest.sha1(Array("s".utf8)))).json"
    let token = #"{"accessToken":"t","expiresAt":"2027-01-15T08:30:00Z"}"#
    let found = try await Self.resolve(["AWS_PROFILE": "p"], config: config, files: [cache: token], http: http)
    #expect(found == Self.pair("a", "b", "c", until: Self.now + 3_600_000))
    #expect(
      http.requests.first?.url
        == "https://portal.sso.eu-west-3.amazonaws.com/federation/credentials?role_name=r%2Fx&account_id=12")
    #expect(http.requests.first?.headers["x-amz-sso_bearer_token"] == "t")
    await #expect {
      try await Self.resolve(
        ["AWS_PROFILE": "p"], config: config, files: [cache: #"{"accessToken":"t","expiresAt":"2027-01-15T07:30:00Z"}"#]
      )
    } throws: {
      "\($0)".contains("aws sso login --profile p")
    }
  }

  @Test("A container's endpoint is asked with its token, and never in the clear beyond this machine") func container()
    async throws
  {
    let http = FakeHTTP([
      .success(
        .json(200, #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2027-01-15T09:00:00Z"}"#))
    ])
    let found = try await Self.resolve(
      ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"], http: http)
    #expect(found == Self.pair("a", "b", "c", until: Self.now + 3_600_000))
    #expect(http.requests.first?.url == "http://169.254.170.2/v2/x")
    #expect(http.requests.first?.headers["Authorization"] == "t")
    for (uri, token) in [("http://example.com/", "t"), ("http://127.0.0.1/", "a\nb")] {
      await #expect(throws: CredentialError.self) {
        try await Self.resolve(
          ["AWS_CONTAINER_CREDENTIALS_FULL_URI": uri, "AWS_CONTAINER_AUTHORIZATION_TOKEN": token], http: http)
      }
    }
  }

  @Test("An instance is asked with a session token; elsewhere there is simply none") func instance() async throws {
    let http = FakeHTTP { request, _ in
      switch (request.method, request.url) {
      case ("PUT", "http://169.254.169.254/latest/api/token"): .success(.json(200, "tok"))
      case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/"): .success(.json(200, "role\n"))
      case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/role"):
        request.headers["x-aws-ec2-metadata-token"] == "tok"
          ? .success(.json(200, #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c"}"#))
          : .success(HTTPResponse(status: 401))
      default: .success(HTTPResponse(status: 404))
      }
    }
    #expect(try await Self.resolve(http: http) == Self.pair("a", "b", "c"))
    #expect(try await Self.resolve(["AWS_EC2_METADATA_DISABLED": "true"], http: http) == nil)
    #expect(try await Self.resolve() == nil)
  }
}
