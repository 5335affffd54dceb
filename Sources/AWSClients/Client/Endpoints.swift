import CacheSupport

/// Where each service is: overrides from the environment and the profile, else AWS's own names.
struct Endpoints: Sendable {
  var region: String
  private var environment: ProcessEnvironment
  private var profile: Profile

  init(region: String, environment: ProcessEnvironment, profile: Profile) {
    self.region = region
    self.environment = environment
    self.profile = profile
  }

  /// The URL that a person configured for the service, in botocore's order; nil where AWS's own is meant.
  func override(_ service: AWSService) -> String? {
    let nested = service.environmentSuffix.lowercased()
    if environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.lowercased() == "true" { return nil }
    let url =
      environment["AWS_ENDPOINT_URL_" + service.environmentSuffix] ?? environment["AWS_ENDPOINT_URL"]
      ?? profile.services[nested + ".endpoint_url"] ?? profile.values["endpoint_url"]
    return url.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
  }

  func standard(_ service: AWSService) -> String {
    "https://\(service.endpointPrefix).\(region).\(region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com")"
  }
}
