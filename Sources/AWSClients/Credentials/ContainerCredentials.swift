import CacheSupport
import HTTPTransport

/// The container endpoint of ECS and EKS (`AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` or `…_FULL_URI`).
///
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>.
struct ContainerCredentials: CredentialProvider {
  let environment: ProcessEnvironment
  let http: any HTTPClient

  /// The addresses of ECS and EKS, which may be asked without TLS, as this machine may.
  private static let plainHosts: Set<String> = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"]

  func resolve() async throws(CredentialError) -> TemporaryCredentials? {
    let url: String
    if let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      guard relative.utf8.first == UInt8(ascii: "/") else {
        throw CredentialError("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not start with '/'")
      }
      url = "http://169.254.170.2" + relative
    } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      guard full.hasPrefix("https://") || full.hasPrefix("http://") else {
        throw CredentialError("AWS_CONTAINER_CREDENTIALS_FULL_URI: give an http or https URL")
      }
      guard full.hasPrefix("https://") || Self.mayBePlain(full) else {
        throw CredentialError(
          "AWS_CONTAINER_CREDENTIALS_FULL_URI: only this machine and the addresses of ECS and EKS may be asked without TLS: give an https URL"
        )
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
      throw CredentialError("the container's credentials: status \(response.status)", isTransient: response.mayPass)
    }
    return try TemporaryCredentials(json, token: "Token", from: "the container's credentials")
  }

  /// True where the token may go to a URL in the clear. A host is judged whole: what only begins like an address, or comes
  /// before an `@`, is not one.
  private static func mayBePlain(_ url: String) -> Bool {
    guard let host = AWSClient.split(url)?.host else { return false }
    if isLoopback(host: host) { return true }
    let port = host.utf8.lastIndex(of: UInt8(ascii: ":")).map { host[$0...].dropFirst() }
    guard let port, UInt16(port) != nil, !port.isEmpty else { return plainHosts.contains(host) }
    return plainHosts.contains(String(host.dropLast(port.count + 1))) || plainHosts.contains(host)
  }

  private func authorization() throws(CredentialError) -> String? {
    var token = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    if let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] {
      do throws(TextFile.Failure) { token = try TextFile.read(file) } catch { throw CredentialError(error.description) }
    }
    guard token?.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) != true else {
      throw CredentialError("the container's authorization token holds a line break")
    }
    return token
  }
}
