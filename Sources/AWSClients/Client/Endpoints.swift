import CacheSupport

/// Where each service is: overrides from the environment and the profile, else AWS's own names.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html> and
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html>.
struct Endpoints: Sendable {
  var region: String
  private var environment: ProcessEnvironment
  private var profile: Profile
  /// True where only endpoints may be asked whose cryptography is validated to FIPS 140.
  private var isFIPS: Bool
  /// True for the endpoints that have IPv6 addresses too.
  private var isDualStack: Bool

  /// - Throws: ``AWSError`` with `ConfigurationError` where a setting is neither true nor false.
  init(region: String, environment: ProcessEnvironment, profile: Profile) throws(AWSError) {
    self.region = region
    self.environment = environment
    self.profile = profile
    isFIPS = try Self.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", environment, profile)
    isDualStack = try Self.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", environment, profile)
  }

  private static func flag(
    _ variable: String, _ key: String, _ environment: ProcessEnvironment, _ profile: Profile
  ) throws(AWSError) -> Bool {
    guard let text = environment[variable] ?? profile[key] else { return false }
    switch text.lowercased() {
    case "true": return true
    case "false": return false
    default:
      let place = environment[variable] == nil ? "\(key) of the profile '\(profile.name)'" : variable
      throw AWSError(.configuration, "\(place) is '\(text)': give true or false", operation: "configure")
    }
  }

  /// The URL that a person configured for the service, in botocore's order; nil where AWS's own is meant.
  ///
  /// It counts as it is, also where FIPS or dual-stack endpoints are wanted.
  func override(_ service: AWSService) -> String? {
    let nested = service.environmentSuffix.lowercased()
    if environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true" { return nil }
    let url =
      environment["AWS_ENDPOINT_URL_" + service.environmentSuffix] ?? environment["AWS_ENDPOINT_URL"]
      ?? profile.services[nested + ".endpoint_url"] ?? profile.values["endpoint_url"]
    return url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
  }

  /// AWS's own URL for the service, by the rules of the services' endpoint rule sets.
  ///
  /// Not every service has FIPS and dual-stack endpoints in every region; where there is none, its name is not found.
  func standard(_ service: AWSService) -> String {
    let partition = Partition(region: region)
    var name = service.endpointPrefix
    if isDualStack, partition.dualStackSuffix == "api.aws", let own = service.dualStackPrefix { name = own }
    if isFIPS, !partition.isPlainFIPS(service, isDualStack: isDualStack) { name += "-fips" }
    return "https://\(name).\(region).\(isDualStack ? partition.dualStackSuffix : partition.suffix)"
  }

  /// Checks an endpoint that the service itself named.
  ///
  /// - Throws: ``AWSError`` with `ConfigurationError` where only FIPS endpoints may be asked and this is not one.
  func check(discovered url: String, of service: AWSService) throws(AWSError) {
    guard isFIPS, !Partition(region: region).isPlainFIPS(service, isDualStack: isDualStack), !url.contains("-fips.")
    else { return }
    throw AWSError(
      .configuration,
      "AWS_USE_FIPS_ENDPOINT is set, and \(service.endpointPrefix) names an endpoint that is not one: \(url). Give one in AWS_ENDPOINT_URL_\(service.environmentSuffix)",
      operation: "\(service.targetPrefix).DescribeEndpoints")
  }
}

/// A part of AWS with its own names.
///
/// Source: botocore's `partitions.json` and endpoint rule sets.
private struct Partition {
  var suffix: String
  var dualStackSuffix: String
  private var isGovernment: Bool

  private static let others: [(regions: String, suffix: String, dualStack: String)] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
  ]

  init(region: String) {
    let own = Self.others.first { region.hasPrefix($0.regions) }
    suffix = own?.suffix ?? "amazonaws.com"
    dualStackSuffix = own?.dualStack ?? "api.aws"
    isGovernment = region.hasPrefix("us-gov-")
  }

  /// True where the usual names are FIPS endpoints already.
  func isPlainFIPS(_ service: AWSService, isDualStack: Bool) -> Bool {
    isGovernment && service != .lambda && (!isDualStack || service.dualStackPrefix != nil)
  }
}

extension AWSService {
  /// What dual-stack endpoints start with where it is something else; in China and the isolated partitions it is not.
  fileprivate var dualStackPrefix: String? {
    switch self {
    case .timestreamWrite: "timestream-ingest"
    case .timestreamQuery: "timestream-query"
    default: nil
    }
  }
}
