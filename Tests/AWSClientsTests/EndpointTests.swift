import CacheSupport
import TestSupport
import Testing

@testable import AWSClients

@Suite struct EndpointTests {
  static func endpoints(_ region: String = "us-east-1", _ variables: [String: String] = [:]) throws -> Endpoints {
    let environment = ProcessEnvironment(variables)
    return try Endpoints(region: region, environment: environment, profile: try Profile.selected(by: environment))
  }

  /// By botocore's endpoint rule sets; each without FIPS and dual stack, with either, with both.
  static let names: [(service: AWSService, region: String, hosts: [String])] = [
    (
      .dynamoDB, "us-east-1",
      [
        "dynamodb.us-east-1.amazonaws.com", "dynamodb-fips.us-east-1.amazonaws.com", "dynamodb.us-east-1.api.aws",
        "dynamodb-fips.us-east-1.api.aws",
      ]
    ),
    (
      .timestreamQuery, "us-east-1",
      [
        "query.timestream.us-east-1.amazonaws.com", "query.timestream-fips.us-east-1.amazonaws.com",
        "timestream-query.us-east-1.api.aws", "timestream-query-fips.us-east-1.api.aws",
      ]
    ),
    (
      .timestreamWrite, "us-gov-west-1",
      [
        "ingest.timestream.us-gov-west-1.amazonaws.com", "ingest.timestream.us-gov-west-1.amazonaws.com",
        "timestream-ingest.us-gov-west-1.api.aws", "timestream-ingest.us-gov-west-1.api.aws",
      ]
    ),
    (
      .sqs, "us-gov-east-1",
      [
        "sqs.us-gov-east-1.amazonaws.com", "sqs.us-gov-east-1.amazonaws.com", "sqs.us-gov-east-1.api.aws",
        "sqs-fips.us-gov-east-1.api.aws",
      ]
    ),
    (
      .lambda, "us-gov-west-1",
      [
        "lambda.us-gov-west-1.amazonaws.com", "lambda-fips.us-gov-west-1.amazonaws.com",
        "lambda.us-gov-west-1.api.aws", "lambda-fips.us-gov-west-1.api.aws",
      ]
    ),
    (
      .timestreamWrite, "cn-north-1",
      [
        "ingest.timestream.cn-north-1.amazonaws.com.cn", "ingest.timestream-fips.cn-north-1.amazonaws.com.cn",
        "ingest.timestream.cn-north-1.api.amazonwebservices.com.cn",
        "ingest.timestream-fips.cn-north-1.api.amazonwebservices.com.cn",
      ]
    ),
    (
      .ssm, "eusc-de-east-1",
      [
        "ssm.eusc-de-east-1.amazonaws.eu", "ssm-fips.eusc-de-east-1.amazonaws.eu",
        "ssm.eusc-de-east-1.api.amazonwebservices.eu", "ssm-fips.eusc-de-east-1.api.amazonwebservices.eu",
      ]
    ),
    (
      .sts, "us-iso-east-1",
      [
        "sts.us-iso-east-1.c2s.ic.gov", "sts-fips.us-iso-east-1.c2s.ic.gov", "sts.us-iso-east-1.api.aws.ic.gov",
        "sts-fips.us-iso-east-1.api.aws.ic.gov",
      ]
    ),
  ]

  @Test("FIPS and dual-stack endpoints have the names that AWS's SDKs give them", arguments: names.indices)
  func hosts(index: Int) throws {
    let (service, region, hosts) = Self.names[index]
    let settings = [[:], ["AWS_USE_FIPS_ENDPOINT": "true"], ["AWS_USE_DUALSTACK_ENDPOINT": "TRUE"]]
    let all = settings + [["AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"]]
    #expect(try all.map { try Self.endpoints(region, $0).standard(service) } == hosts.map { "https://" + $0 })
  }

  @Test("A profile may ask for them too, and the environment overrides it") func profile() async throws {
    try await TestHome.with(config: "[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true") { home in
      for (variables, host) in [
        ([:], "sqs-fips.us-east-1.api.aws"), (["AWS_USE_FIPS_ENDPOINT": "false"], "sqs.us-east-1.api.aws"),
        (["AWS_USE_DUALSTACK_ENDPOINT": "false"], "sqs-fips.us-east-1.amazonaws.com"),
      ] {
        let environment = home.environment(variables)
        let endpoints = try Endpoints(
          region: "us-east-1", environment: environment, profile: try Profile.selected(by: environment))
        #expect(endpoints.standard(.sqs) == "https://" + host)
      }
    }
  }

  @Test(
    "A setting that is neither true nor false is refused by name",
    arguments: ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"])
  func wrong(variable: String) {
    #expect { try Self.endpoints("us-east-1", [variable: "yes"]) } throws: {
      ($0 as? AWSError)?.message == "\(variable) is 'yes': give true or false"
    }
  }

  @Test("Where only FIPS endpoints may be asked, a discovered one of another kind is refused by name") func discovered()
    throws
  {
    let endpoints = try Self.endpoints("us-east-1", ["AWS_USE_FIPS_ENDPOINT": "true"])
    try endpoints.check(discovered: "https://query-cell1.timestream-fips.us-east-1.amazonaws.com", of: .timestreamQuery)
    #expect {
      try endpoints.check(discovered: "https://query-cell1.timestream.us-east-1.amazonaws.com", of: .timestreamQuery)
    } throws: { "\($0)".contains("AWS_ENDPOINT_URL_TIMESTREAM_QUERY") }
    for (region, variables) in [("us-gov-west-1", ["AWS_USE_FIPS_ENDPOINT": "true"]), ("us-east-1", [:])] {
      try Self.endpoints(region, variables).check(discovered: "https://cell.test", of: .timestreamQuery)
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct EndpointDiscoveryTests {
  static let minute: Int64 = 60_000

  /// What `DescribeEndpoints` answers; nil fails with the code.
  static func answer(_ address: String?, minutes: Int = 1440, code: AWSError.Code = "Throttling") throws(AWSError)
    -> JSON
  {
    guard let address else { throw AWSError(code, "no", operation: "DescribeEndpoints") }
    return ["Endpoints": [["Address": .string(address), "CachePeriodInMinutes": .integer(minutes)]]]
  }

  @Test("An endpoint is found anew in the last tenth of its time, beside the requests") func ahead() async throws {
    let clock = ManualClock(1_800_000_000_000)
    let discovery = EndpointDiscovery(
      clock: clock.clock, endpoints: try EndpointTests.endpoints(), random: { 0 })
    let asked = Recorder<Int>()
    @Sendable func endpoint() async throws(AWSError) -> String {
      try await discovery.endpoint(.timestreamQuery) { () async throws(AWSError) in
        asked.append(0)
        return try Self.answer("cell\(asked.elements.count).test", minutes: 10)
      }
    }
    #expect(
      Set(try await mapConcurrently(0..<20, limit: 20) { _ async throws(AWSError) in try await endpoint() })
        == ["https://cell1.test"])
    clock.advance(9 * Self.minute - 1)
    #expect(try await endpoint() == "https://cell1.test")
    #expect(asked.elements.count == 1)
    clock.advance(1)
    #expect(try await endpoint() == "https://cell1.test")
    clock.advance(Self.minute)
    #expect(try await endpoint() == "https://cell2.test")
    // Requests that still went to the one before come back late.
    discovery.forget("https://cell1.test", of: .timestreamQuery)
    #expect(try await endpoint() == "https://cell2.test")
    discovery.forget("https://cell2.test", of: .timestreamQuery)
    discovery.forget("https://cell2.test", of: .sqs)
    #expect(try await endpoint() == "https://cell3.test")
    #expect(asked.elements.count == 3)
  }

  @Test("An old endpoint stays in use while no new one can be had, tried each minute, for a day") func stale()
    async throws
  {
    let clock = ManualClock(1_800_000_000_000)
    let discovery = EndpointDiscovery(
      clock: clock.clock, endpoints: try EndpointTests.endpoints(), random: { 0 })
    let asked = Recorder<Int>()
    @Sendable func endpoint() async throws(AWSError) -> String {
      try await discovery.endpoint(.timestreamWrite) { () async throws(AWSError) in
        asked.append(0)
        return try Self.answer(asked.elements.count == 1 ? "http://cell.test" : nil)
      }
    }
    _ = try await endpoint()
    clock.advance(1440 * Self.minute)
    for _ in 0..<5 { #expect(try await endpoint() == "http://cell.test") }
    #expect(asked.elements.count == 2)
    clock.advance(24 * 60 * Self.minute)
    await #expect { try await endpoint() } throws: { ($0 as? AWSError)?.code == "Throttling" }
  }

  @Test("An answer without an endpoint is an error that says so") func empty() async throws {
    let discovery = EndpointDiscovery(clock: .fixed(0), endpoints: try EndpointTests.endpoints())
    for answer in [[:], ["Endpoints": []], ["Endpoints": [["Address": ""]]]] as [JSON] {
      await #expect {
        try await discovery.endpoint(.timestreamQuery) { () async throws(AWSError) in answer }
      } throws: { ($0 as? AWSError)?.code == .unexpectedAnswer }
    }
  }
}
