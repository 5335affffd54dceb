import CacheSupport

/// How an error is written into an answer: each protocol has its own way.
enum ErrorFormat: Sendable, Hashable {
  /// The JSON protocol's: `{"__type": …, "message": …}`.
  case awsJSON
  /// Of AWS's services with paths: the code in `x-amzn-ErrorType`.
  case restJSON
  /// Of Lambda's Runtime API: `{"errorMessage": …, "errorType": …}`.
  case runtimeAPI
  /// Of API Gateway, and of what has no protocol of AWS: `{"message": …}`.
  case message
  /// The query protocol's, and of services with paths that speak XML: `<ErrorResponse><Error>…`.
  ///
  /// - Parameter namespace: the address that `xmlns` names.
  case query(namespace: String?)
  /// Of EC2: `<Response><Errors><Error>…`.
  case ec2
  /// Of S3: `<Error>…`.
  case s3
  /// Smithy RPC v2 CBOR, which CloudWatch's newer clients speak.
  case cbor

  func response(to error: ServiceError, _ requestID: String = RandomID.uuid()) -> ServerResponse {
    let code = error.type.split(separator: "#").last.map(String.init) ?? error.type
    switch self {
    case .awsJSON:
      var response = Self.answer(error.status, "application/x-amz-json-1.0", error.body.bytes, requestID)
      if let code = error.queryCode {
        response.headers.append(("x-amzn-query-error", "\(code);\(error.status < 500 ? "Sender" : "Receiver")"))
      }
      return response
    case .restJSON:
      var body: JSONObject = error.members
      body[error.messageName] = error.message.map { .string($0) }
      var response = Self.answer(error.status, "application/json", JSON.object(body).bytes, requestID)
      response.headers.append(("x-amzn-ErrorType", code))
      return response
    case .runtimeAPI:
      return Self.json(error.status, ["errorMessage": .string(error.message ?? ""), "errorType": .string(code)])
    case .message: return Self.json(error.status, ["message": .string(error.message ?? code)])
    case .query, .ec2, .s3: return xml(error, requestID)
    case .cbor:
      let body = CBORText.map([("__type", code), ("message", error.message ?? "")])
      var response = Self.answer(error.status, "application/cbor", body, requestID)
      response.headers.append(("smithy-protocol", "rpc-v2-cbor"))
      return response
    }
  }

  private func xml(_ error: ServiceError, _ requestID: String) -> ServerResponse {
    let (code, status) = error.inQueryProtocol
    let message = error.queryMessage ?? error.message ?? ""
    func members(_ writer: inout XMLWriter) {
      writer.element("Code", code)
      writer.element("Message", message)
    }
    var writer = XMLWriter()
    switch self {
    case .ec2:
      writer.element("Response") { writer in
        writer.element("Errors") { $0.element("Error", members) }
        writer.element("RequestID", requestID)
      }
    case .s3:
      writer.element("Error") { writer in
        members(&writer)
        writer.element("RequestId", requestID)
      }
    default:
      var namespace: String?
      if case .query(let address) = self { namespace = address }
      writer.element("ErrorResponse", namespace: namespace) { writer in
        writer.element("Error") { writer in
          writer.element("Type", status < 500 ? "Sender" : "Receiver")
          members(&writer)
          writer.element("Detail", "")
        }
        writer.element("RequestId", requestID)
      }
    }
    return Self.answer(status, self == .s3 ? "application/xml" : "text/xml", writer.bytes, requestID)
  }

  private static func json(_ status: Int, _ body: JSON) -> ServerResponse {
    ServerResponse(status: status, headers: [("Content-Type", "application/json")], body: body.bytes)
  }

  /// An answer of one of AWS's services.
  static func answer(_ status: Int, _ type: String, _ body: [UInt8], _ requestID: String) -> ServerResponse {
    ServerResponse(status: status, headers: [("Content-Type", type), ("x-amzn-RequestId", requestID)], body: body)
  }
}

extension ServiceError {
  /// The code and the status of an error in the protocols that speak XML: the front end has other words there.
  fileprivate var inQueryProtocol: (code: String, status: Int) {
    if let queryCode { return (queryCode, status) }
    let code = type.split(separator: "#").last.map(String.init) ?? type
    return switch code {
    case "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403)
    case "IncompleteSignatureException": ("IncompleteSignature", 400)
    case "InvalidSignatureException": ("SignatureDoesNotMatch", 403)
    case "UnrecognizedClientException": ("InvalidClientTokenId", 403)
    case "UnknownOperationException": ("InvalidAction", 400)
    case "SerializationException": ("MalformedInput", 400)
    case "ServiceUnavailableException": ("ServiceUnavailable", 503)
    case "InternalServerError": ("InternalFailure", 500)
    default: (code, status)
    }
  }
}
