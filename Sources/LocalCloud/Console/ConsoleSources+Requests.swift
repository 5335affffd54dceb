import CacheSupport

/// What requests have, and how refusals are answered.
extension ConsoleSources {
  static func body(_ request: RouteRequest) throws(ServiceError) -> JSON {
    guard request.http.body.count <= bodyLimit else {
      throw ServiceError(
        status: 413, type: "RequestTooLarge", message: "the request has more than \(bodyLimit) bytes")
    }
    do throws(JSONError) { return try JSON(parsing: request.http.body) } catch {
      throw wrong("the request is not JSON: \(error)")
    }
  }

  static func draft(_ body: JSON) throws(ServiceError) -> SourceDraft {
    SourceDraft(name: try text("name", body), text: try text("text", body))
  }

  static func text(_ name: String, _ body: JSON) throws(ServiceError) -> String {
    if let text = body[name]?.string { return text }
    throw wrong("give \(name), a text")
  }

  /// nil takes those of the identifier's item.
  static func attributes(_ body: JSON) -> JSON? { body["attributes"].flatMap { $0.isNull ? nil : $0 } }

  static func wrong(_ message: String) -> ServiceError {
    ServiceError(type: "ValidationException", message: message)
  }
}

extension SourceFault {
  var json: JSON {
    ["place": .string(place), "reason": .string(reason), "offset": offset.map { .integer($0) } ?? .null]
  }

  var error: ServiceError {
    ServiceError(type: "InvalidDescription", message: "\(place): \(reason)")
  }
}

extension SourceRefusal {
  var error: ServiceError {
    let type =
      switch status {
      case 409: "Conflict"
      case 503: "Unavailable"
      case 504: "TimedOut"
      default: "ValidationException"
      }
    return ServiceError(status: status, type: type, message: message)
  }
}
