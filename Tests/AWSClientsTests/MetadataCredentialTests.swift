import CacheSupport
import HTTPTransport
import SigV4
import TestSupport
import Testing

@testable import AWSClients

/// Credentials of containers and instances.
@Suite(.timeLimit(.minutes(10))) struct MetadataCredentialTests {
  static func resolve(_ variables: [String: String] = [:], config: String = "", http: FakeHTTP) async throws
    -> TemporaryCredentials?
  {
    try await TestHome.with(config: config) { try await $0.resolve(variables, http: http) }
  }

  static func pair(until end: Int64? = nil) -> TemporaryCredentials {
    TemporaryCredentials(Credentials(accessKeyID: "a", secretAccessKey: "b", sessionToken: "c"), expiration: end)
  }

  static let containerAnswer =
    #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2027-01-15T09:00:00Z"}"#

  static let containers: [(variables: [String: String], url: String)] = [
    (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"], "http://169.254.170.2/v2/x"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://example.com/x"], "https://example.com/x"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.9:80/x"], "http://127.0.0.9:80/x"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:8080"], "http://localhost:8080"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[::1]:8080/"], "http://[::1]:8080/"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1"], "http://169.254.170.23/v1"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2:81/v1"], "http://169.254.170.2:81/v1"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]/v1"], "http://[fd00:ec2::23]/v1"),
    (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]:81/v1"], "http://[fd00:ec2::23]:81/v1"),
  ]

  @Test("A container's endpoint is asked with its token", arguments: containers.indices) func container(index: Int)
    async throws
  {
    let (variables, url) = Self.containers[index]
    let http = FakeHTTP([.success(.json(200, Self.containerAnswer))])
    let found = try await Self.resolve(variables.merging(["AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"]) { $1 }, http: http)
    #expect(found == Self.pair(until: CredentialTests.now + 3_600_000))
    #expect(http.requests.map(\.url) == [url])
    #expect(http.requests.first?.headers["Authorization"] == "t")
  }

  @Test(
    "A container's token goes nowhere in the clear beyond this machine, whatever a host looks like",
    arguments: [
      "http://example.com/", "http://127.evil.example/", "http://127.0.0.1.evil.example/",
      "http://localhost.evil.example/",
      "http://127.0.0.1@evil.example/", "http://127.0.0.1:80@evil.example/", "http://127.0.0.1#@evil.example/",
      "http://127.0.0.1?@evil.example/", "http://169.254.170.2.evil.example/", "http://169.254.170.2:80@evil.example/",
      "http://[::1].evil.example/", "http://[fd00:ec2::23].evil.example/", "http://169.254.170.2:/", "http:///x",
      "ftp://127.0.0.1/", "127.0.0.1",
    ])
  func elsewhere(url: String) async {
    let http = FakeHTTP([.success(.json(200, Self.containerAnswer))])
    await #expect(throws: CredentialError.self) {
      try await Self.resolve(
        ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t"], http: http)
    }
    #expect(http.requests.isEmpty)
  }

  @Test("A token with a line break, and a path that would become another host, are refused") func refused() async {
    let http = FakeHTTP([.success(.json(200, Self.containerAnswer))])
    for variables in [
      ["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nb"],
      ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": ".evil.example/"],
    ] {
      await #expect(throws: CredentialError.self) { try await Self.resolve(variables, http: http) }
    }
    #expect(http.requests.isEmpty)
  }

  /// The metadata service at a place.
  static func service(at root: String) -> FakeHTTP {
    FakeHTTP { request, _ in
      switch (request.method, request.url) {
      case ("PUT", "\(root)/latest/api/token"): .success(.json(200, "tok"))
      case ("GET", "\(root)/latest/meta-data/iam/security-credentials/"): .success(.json(200, "role\n"))
      case ("GET", "\(root)/latest/meta-data/iam/security-credentials/role"):
        request.headers["x-aws-ec2-metadata-token"] == "tok"
          ? .success(.json(200, #"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c"}"#))
          : .success(HTTPResponse(status: 401))
      default: .success(HTTPResponse(status: 400))
      }
    }
  }

  static let instances: [(variables: [String: String], config: String, root: String)] = [
    ([:], "", "http://169.254.169.254"),
    (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"], "", "http://[fd00:ec2::254]"),
    (["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv4"], "", "http://169.254.169.254"),
    ([:], "[default]\nec2_metadata_service_endpoint_mode = IPv6", "http://[fd00:ec2::254]"),
    (["AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://m:1/"], "", "http://m:1"),
    ([:], "[default]\nec2_metadata_service_endpoint = http://m:1", "http://m:1"),
  ]

  @Test("An instance is asked with a session token, where the settings say", arguments: instances.indices)
  func instance(index: Int) async throws {
    let (variables, config, root) = Self.instances[index]
    #expect(try await Self.resolve(variables, config: config, http: Self.service(at: root)) == Self.pair())
  }

  @Test("Variables set how long and how often an instance is asked") func limits() async throws {
    let http = Self.service(at: "http://169.254.169.254")
    _ = try await Self.resolve(
      ["AWS_METADATA_SERVICE_TIMEOUT": "7", "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"], http: http)
    #expect(http.requests.map(\.timeout) == [.seconds(7), .seconds(7), .seconds(7)])
    let failing = FakeHTTP { request, _ in .success(HTTPResponse(status: request.method == "PUT" ? 200 : 503)) }
    await #expect { try await Self.resolve(["AWS_METADATA_SERVICE_NUM_ATTEMPTS": "1"], http: failing) } throws: {
      ($0 as? CredentialError)?.isTransient ?? false
    }
    #expect(failing.requests.count == 2)
  }

  @Test(
    "A setting that cannot be read is refused by name",
    arguments: [
      ("AWS_METADATA_SERVICE_TIMEOUT", "0"), ("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "many"),
      ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5"),
    ])
  func wrong(name: String, value: String) async {
    await #expect { try await Self.resolve([name: value], http: FakeHTTP([])) } throws: {
      "\($0)".hasPrefix("\(name) is '\(value.lowercased())': give ")
    }
  }

  @Test("Without an instance, or a role, there is simply nothing") func nothing() async throws {
    #expect(
      try await Self.resolve(["AWS_EC2_METADATA_DISABLED": "true"], http: Self.service(at: "http://169.254.169.254"))
        == nil)
    #expect(try await Self.resolve(http: FakeHTTP([.failure(HTTPError(.cannotConnect, "no"))])) == nil)
    let roleless = FakeHTTP { request, _ in .success(HTTPResponse(status: request.method == "PUT" ? 200 : 404)) }
    #expect(try await Self.resolve(http: roleless) == nil)
  }
}
