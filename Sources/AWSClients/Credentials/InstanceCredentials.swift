import CacheSupport
import HTTPTransport

/// The instance metadata service, version 2.
///
/// | variable | profile's key | means |
/// |---|---|---|
/// | `AWS_EC2_METADATA_DISABLED` | | `true` does not ask the instance |
/// | `AWS_EC2_METADATA_SERVICE_ENDPOINT` | `ec2_metadata_service_endpoint` | its URL |
/// | `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE` | `ec2_metadata_service_endpoint_mode` | `IPv4` (default) or `IPv6` |
/// | `AWS_METADATA_SERVICE_TIMEOUT` | `metadata_service_timeout` | seconds per request, 1 by default |
/// | `AWS_METADATA_SERVICE_NUM_ATTEMPTS` | `metadata_service_num_attempts` | for each request after the first, 2 by default |
///
/// Version 1, which needs no session token, is never asked: `AWS_EC2_METADATA_V1_DISABLED` changes nothing here.
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html>.
struct InstanceCredentials: CredentialProvider {
  let environment: ProcessEnvironment
  let http: any HTTPClient

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let settings = try Settings(environment)
    func request(_ method: String, _ path: String, _ headers: HTTPHeaders) -> HTTPRequest {
      HTTPRequest(
        method: method, url: settings.root + path, headers: headers, timeout: settings.timeout, responseLimit: 1 << 20,
        bypassesProxy: true)
    }
    let token: HTTPResponse
    do throws(HTTPError) {
      token = try await http.send(
        request("PUT", "/latest/api/token", ["x-aws-ec2-metadata-token-ttl-seconds": "21600"]))
    } catch {
      // Not on an instance: this is the chain's last place, and nobody configured it.
      return nil
    }
    guard token.status == 200 else {
      throw CredentialError(
        "instance metadata: no session token, status \(token.status) (version 2 is required)",
        isTransient: token.mayPass)
    }
    let headers: HTTPHeaders = ["x-aws-ec2-metadata-token": String(decoding: token.body, as: UTF8.self)]
    let folder = "/latest/meta-data/iam/security-credentials/"
    let roles = try await http.fetchRepeatedly(
      request("GET", folder, headers), from: "instance metadata", attempts: settings.attempts)
    // Without a role there is nothing to be had here; anything else is a fault.
    if roles.status == 404 { return nil }
    guard roles.status == 200 else {
      throw CredentialError("instance metadata: no role, status \(roles.status)", isTransient: roles.mayPass)
    }
    guard let role = String(decoding: roles.body, as: UTF8.self).split(whereSeparator: \.isNewline).first else {
      return nil
    }
    let answer = try await http.fetchRepeatedly(
      request("GET", folder + PercentEncoding.encode(String(role)), headers), from: "instance metadata",
      attempts: settings.attempts)
    guard answer.status == 200, let json = try? JSON(parsing: answer.body) else {
      throw CredentialError(
        "instance metadata: no credentials for the role '\(role)', status \(answer.status)", isTransient: answer.mayPass
      )
    }
    return try TemporaryCredentials(json, token: "Token", from: "instance metadata")
  }

  private struct Settings {
    /// Without a slash at the end.
    var root: String
    var timeout: Duration
    var attempts: Int

    init(_ environment: ProcessEnvironment) throws(CredentialError) {
      let profile = try Profile.selected(by: environment)
      func setting(_ variable: String, _ key: String) -> (text: String, name: String)? {
        environment[variable].map { ($0, variable) }
          ?? profile[key].map { ($0, "\(key) of the profile '\(profile.name)'") }
      }
      func number(_ variable: String, _ key: String, default: Int, in range: ClosedRange<Int>) throws(CredentialError)
        -> Int
      {
        guard let (text, name) = setting(variable, key) else { return `default` }
        guard let number = Int(text), range.contains(number) else {
          throw CredentialError(
            "\(name) is '\(text)': give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
      }
      timeout = .seconds(
        try number("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", default: 1, in: 1...60))
      attempts = try number(
        "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", default: 2, in: 1...10)
      if let (url, _) = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint") {
        root = url.hasSuffix("/") ? String(url.dropLast()) : url
        return
      }
      let mode = setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
      switch mode?.text.lowercased() {
      case nil, "ipv4": root = "http://169.254.169.254"
      case "ipv6": root = "http://[fd00:ec2::254]"
      case let other?: throw CredentialError("\(mode?.name ?? "") is '\(other)': give IPv4 or IPv6")
      }
    }
  }
}

extension HTTPResponse {
  /// True where the same request may be answered otherwise later.
  var mayPass: Bool { status == 429 || status >= 500 }
}

extension HTTPClient {
  /// Asks again, a second apart, while there is no answer or one of 500 and above.
  func fetchRepeatedly(
    _ request: HTTPRequest, from source: String, attempts: Int
  ) async throws(CredentialError) -> HTTPResponse {
    for _ in 1..<attempts {
      if let response = try? await send(request), response.status < 500 { return response }
      do { try await Task.sleep(for: .seconds(1)) } catch {
        throw CredentialError("\(source): cancelled", isTransient: true)
      }
    }
    return try await fetch(request, from: source)
  }
}
