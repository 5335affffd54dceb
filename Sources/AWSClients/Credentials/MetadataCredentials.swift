import CacheSupport
import HTTPTransport

/// The container endpoint of ECS and EKS (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`).
struct ContainerCredentials: CredentialProvider {
  let environment: ProcessEnvironment
  let http: any HTTPClient

  /// Hosts that may be asked without TLS.
  private static let plainHosts: Set<String> = [
    "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "127.0.0.1", "[::1]",
  ]

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    let url: String
    if let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      url = "http://169.254.170.2" + relative
    } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      let host = AWSClient.split(full)?.host ?? ""
      let name = host.hasPrefix("[") ? String(host.prefix { $0 != "]" }) + "]" : String(host.prefix { $0 != ":" })
      guard full.hasPrefix("https://") || Self.plainHosts.contains(name) || name.hasPrefix("127.") else {
        throw CredentialError("AWS_CONTAINER_CREDENTIALS_FULL_URI: '\(name)' may only be asked over https")
      }
      url = full
    } else {
      return nil
    }
    var headers: HTTPHeaders = [:]
    if let token = try authorization() { headers["Authorization"] = token }
    let response = try await http.fetchRepeatedly(
      HTTPRequest(url: url, headers: headers, timeout: .seconds(2), responseLimit: 1 << 20, bypassesProxy: true),
      from: "the container's credentials", attempts: 3)
    guard response.status == 200, let json = try? JSON(parsing: response.body) else {
      throw CredentialError("the container's credentials: status \(response.status)")
    }
    return try TemporaryCredentials(json, token: "Token", from: "the container's credentials")
  }

  private func authorization() throws(CredentialError) -> String? {
    var token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    if let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      do throws(TextFile.Failure) { token = try TextFile.read(file) } catch { throw CredentialError(error.description) }
    }
    guard token?.contains(where: \.isNewline) != true else {
      throw CredentialError("the container's authorization token holds a line break")
    }
    return token
  }
}

/// The instance metadata service, version 2.
///
/// See <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>.
struct InstanceCredentials: CredentialProvider {
  let environment: ProcessEnvironment
  let http: any HTTPClient

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let base = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254"
    let root = base.hasSuffix("/") ? String(base.dropLast()) : base
    func request(_ method: String, _ path: String, _ headers: HTTPHeaders) -> HTTPRequest {
      HTTPRequest(
        method: method, url: root + path, headers: headers, timeout: .seconds(1), responseLimit: 1 << 20,
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
      throw CredentialError("instance metadata: no session token, status \(token.status) (version 2 is required)")
    }
    let headers: HTTPHeaders = ["x-aws-ec2-metadata-token": String(decoding: token.body, as: UTF8.self)]
    let folder = "/latest/meta-data/iam/security-credentials/"
    let roles = try await http.fetchRepeatedly(request("GET", folder, headers), from: "instance metadata", attempts: 2)
    guard roles.status == 200,
      let role = String(decoding: roles.body, as: UTF8.self).split(whereSeparator: \.isNewline).first
    else { return nil }
    let answer = try await http.fetchRepeatedly(
      request("GET", folder + PercentEncoding.encode(String(role)), headers), from: "instance metadata", attempts: 2)
    guard answer.status == 200, let json = try? JSON(parsing: answer.body) else {
      throw CredentialError("instance metadata: no credentials for the role '\(role)', status \(answer.status)")
    }
    return try TemporaryCredentials(json, token: "Token", from: "instance metadata")
  }
}

extension HTTPClient {
  /// Asks again, a second apart, while there is no answer or one of 500 and above.
  fileprivate func fetchRepeatedly(
    _ request: HTTPRequest, from source: String, attempts: Int
  ) async throws(CredentialError) -> HTTPResponse {
    for _ in 1..<attempts {
      if let response = try? await send(request), response.status < 500 { return response }
      do { try await Task.sleep(for: .seconds(1)) } catch { throw CredentialError("\(source): cancelled") }
    }
    return try await fetch(request, from: source)
  }
}
