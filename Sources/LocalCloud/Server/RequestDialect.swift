import CacheSupport

/// How a request speaks, as far as it tells by itself. The reply, errors included, uses the same protocol.
struct RequestDialect: Sendable {
  enum Kind: Sendable, Hashable {
    /// `X-Amz-Target` names the operation.
    case json
    /// A form's `Action` names it, in the body or in the address, of POST and GET alone.
    case query
    case s3
    /// Other services with paths that speak XML.
    case restXML
    case restJSON
    case cbor
    /// Nothing that a client of AWS sends.
    case none
  }
  let kind: Kind
  /// The service that the request is signed for.
  let service: String?

  /// Services that answer a form in XML of their own make.
  static let ec2: String = "ec2"
  private static let speakingXML: Set<String> = ["route53", "cloudfront", "s3-outposts", "s3express"]

  init(_ request: ServerRequest) {
    service = Self.signingName(of: request)
    let type = request[header: "content-type"] ?? ""
    let isPost = request.method == "POST"
    if isPost, request[header: "smithy-protocol"] == "rpc-v2-cbor" {
      kind = .cbor
    } else if isPost, request[header: "x-amz-target"] != nil || type.utf8.starts(with: "application/x-amz-json-".utf8) {
      kind = .json
    } else if isPost && type.utf8.starts(with: "application/x-www-form-urlencoded".utf8)
      || (isPost || request.method == "GET") && Self.hasAction(request)
    {
      kind = .query
    } else if let service {
      kind = service == "s3" ? .s3 : Self.speakingXML.contains(service) ? .restXML : .restJSON
    } else {
      kind = isPost && (request.path == "/" || request.path.isEmpty) ? .json : .none
    }
  }

  private static func hasAction(_ request: ServerRequest) -> Bool {
    PercentEncoding.queryItems(request.query).contains { $0.name == "Action" }
  }

  /// The fourth part of `Credential=key/date/region/service/aws4_request`, of the header or the address.
  private static func signingName(of request: ServerRequest) -> String? {
    let query = PercentEncoding.queryItems(request.query)
    var scope = query.first { $0.name == "X-Amz-Credential" }?.value
    if let header = request[header: "authorization"]?.utf8, let found = header.firstRange(of: Array("Credential=".utf8))
    {
      scope = String(Substring(header[found.upperBound...].prefix { $0 != UInt8(ascii: ",") }))
    }
    let parts = scope?.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) ?? []
    return parts.count == 5 ? String(Substring(parts[3])) : nil
  }

  /// How an error is written.
  func errors(_ endpoint: QueryEndpoint?) -> ErrorFormat {
    switch kind {
    case .json: .awsJSON
    case .query: service == Self.ec2 ? .ec2 : .query(namespace: endpoint?.namespace)
    case .s3: .s3
    case .restXML: .query(namespace: nil)
    case .restJSON: .restJSON
    case .cbor: .cbor
    case .none: .message
    }
  }
}
