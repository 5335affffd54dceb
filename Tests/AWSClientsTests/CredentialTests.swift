import CacheSupport
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
    try await TestHome.with(config: config, credentials: credentials, files: files) { home in
      try await home.resolve(environment, http: http)
    }
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
    for wrong in [["AWS_SECRET_ACCESS_KEY": ""], ["AWS_CREDENTIAL_EXPIRATION": "tomorrow"]] {
      let variables = ["AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"].merging(wrong) { $1 }
      await #expect { try await Self.resolve(variables) } throws: { "\($0)".contains(wrong.keys.first ?? "") }
    }
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
      (
        ["AWS_PROFILE": "my own"], "[profile \"my own\"]\naws_access_key_id=a\naws_secret_access_key=b", "",
        pair("a", "b")
      ),
      (
        ["AWS_PROFILE": "my own"], "[ profile 'my own' ] # why\naws_access_key_id=a",
        "[my own]\naws_secret_access_key=b", pair("a", "b")
      ),
      (
        ["AWS_PROFILE": "bob's"], "[profile bob's]\naws_access_key_id=a\naws_secret_access_key=b", "", pair("a", "b")
      ),
      // Two names to AWS, one text to Swift's String.
      (
        ["AWS_PROFILE": "caf\u{E9}"],
        "[profile cafe\u{301}]\naws_access_key_id=x\naws_secret_access_key=y\n[profile caf\u{E9}]\naws_access_key_id=a\naws_secret_access_key=b",
        "", pair("a", "b")
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
      ("[profile p]\nlogin_session=s", "aws login"),
      ("[profile p]\ncredential_process='a", "quote"),
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

  @Test("A profile that AWS_DEFAULT_PROFILE names and nobody has is an error, as one of AWS_PROFILE is")
  func noDefaultProfile() async {
    await #expect { try await Self.resolve(["AWS_DEFAULT_PROFILE": "nope"], config: "[default]") } throws: {
      "\($0)" == "the profile 'nope' of AWS_DEFAULT_PROFILE is in neither configuration file"
    }
  }

  @Test(
    "A profile's web identity asks in the profile's region, unless the environment names one",
    arguments: [nil, "us-east-2"])
  func webIdentityRegion(region: String?) async throws {
    let http = FakeHTTP([.success(.json(200, Self.stsAnswer))])
    var variables = ["AWS_PROFILE": "p"]
    variables["AWS_REGION"] = region
    _ = try await Self.resolve(
      variables,
      config: "[profile p]\nrole_arn = arn:r\nweb_identity_token_file = HOME/token\nregion = eu-central-1",
      files: ["token": "jwt"], http: http)
    #expect(http.requests.first?.url == "https://sts.\(region ?? "eu-central-1").amazonaws.com/")
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
}
