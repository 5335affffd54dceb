import CacheSupport

/// Where an API is reached on this machine.
///
/// Each has the paths of its own host below `/_aws/execute-api/ID`, and at hosts such as `ID.execute-api.localhost`, as
/// LocalStack documents them. A stage's name that no other API has may stand at the root, too.
enum GatewayAddress {
  static let prefix: String = "/_aws/execute-api/"

  /// The ID in a host such as `abc.execute-api.localhost:4566`; nil where it is none.
  static func id(inHost host: String) -> String? {
    let id = host.utf8.prefix { $0 != UInt8(ascii: ".") }
    guard !id.isEmpty, host.utf8.dropFirst(id.count).starts(with: ".execute-api.".utf8) else { return nil }
    return String(Substring(id)).lowercased()
  }

  /// Whether a request may come to an API of a cloud on loopback by a host: a name that cannot point elsewhere first and to this
  /// machine then, so that the page of another site asks for nothing here by a name of its own.
  ///
  /// - Parameters:
  ///   - host: the header `Host`.
  ///   - own: `host:port` of the cloud.
  static func isSafe(host: String, own: String, region: String) -> Bool {
    let host = host.lowercased()
    if host.hasSameBytes(as: own) { return true }
    let name = String(Substring(host.utf8.prefix { $0 != UInt8(ascii: ":") }))
    return name == "localhost" || name.hasSuffix(".localhost") || isLoopback(name)
      || id(inHost: name).map { name.hasSameBytes(as: "\($0).execute-api.\(region).amazonaws.com") } ?? false
  }

  /// An address such as `127.0.0.1`, and no name such as `127.evil.com`.
  private static func isLoopback(_ name: String) -> Bool {
    name.utf8.starts(with: "127.".utf8) && HTTPServer.isAddress(name)
  }
}

extension Evaluator {
  /// The template's types that make an API.
  private static let types: Set<String> = [
    ServerlessRESTAPI.type, ServerlessHTTPAPI.type, RESTAPIResource.type, HTTPAPIResource.type,
  ]

  /// The address of an API without its stage.
  func apiAddress(of logicalID: String) throws(TemplateError) -> String {
    var count = 0
    for resource in template.resources where Self.types.contains(resource.type) {
      if try holds(resource) { count += 1 }
    }
    if count == 1, let resource = template[logicalID], try hasNamedStage(resource) { return site.address }
    return site.address + GatewayAddress.prefix + GatewayAPI.id(of: logicalID, in: site.stackName)
  }

  /// Whether the API's stage stands in its paths, as far as the API tells by itself.
  private func hasNamedStage(_ resource: Template.Resource) throws(TemplateError) -> Bool {
    switch resource.type {
    case HTTPAPIResource.type: return false
    case ServerlessHTTPAPI.type:
      guard let stage = resource.properties["StageName"] else { return false }
      return try value(stage)?.text ?? GatewayStage.standardName != GatewayStage.standardName
    default: return true
    }
  }

  /// A text with the addresses that the stack's APIs have here in place of those that they would have on AWS.
  func localized(_ text: String) throws(TemplateError) -> String {
    guard text.contains(".execute-api.") else { return text }
    var text = text
    for resource in template.resources where Self.types.contains(resource.type) {
      let id = GatewayAPI.id(of: resource.logicalID, in: site.stackName)
      let address = "https://\(id).execute-api.\(site.region).amazonaws.com"
      guard text.contains(address) else { continue }
      text = text.replacing(address, with: try apiAddress(of: resource.logicalID))
    }
    return text
  }
}

extension ResourceNames {
  /// The address of an API without its stage.
  var apiAddress: String { get throws(TemplateError) { try evaluator.apiAddress(of: logicalID) } }
}
