import CacheSupport

extension ServiceError {
  /// An error of SQS: its code in the JSON protocol, and the older one that clients go by.
  static func sqs(_ code: String, _ message: String, query: String) -> ServiceError {
    ServiceError(type: "com.amazonaws.sqs#\(code)", message: message, queryCode: query)
  }

  static func invalidParameter(_ message: String) -> ServiceError {
    sqs("InvalidParameterValueException", message, query: "InvalidParameterValue")
  }

  static func missingParameter(_ name: String) -> ServiceError {
    sqs(
      "MissingRequiredParameterException", "The request must contain the parameter \(name).", query: "MissingParameter")
  }

  static func unknownAttribute(_ message: String) -> ServiceError {
    sqs("InvalidAttributeName", message, query: "InvalidAttributeName")
  }

  /// A value that an attribute of a queue cannot have.
  static func invalidAttribute(_ name: ByteText, reason: String? = nil) -> ServiceError {
    let words = "Invalid value for the parameter \(name)." + (reason.map { " Reason: \($0)" } ?? "")
    return sqs("InvalidAttributeValue", words, query: "InvalidAttributeValue")
  }

  /// What an ARN or a handle names and nobody has.
  static func resourceNotFound(_ message: String) -> ServiceError {
    var error = sqs("ResourceNotFoundException", message, query: "ResourceNotFoundException")
    error.status = 404
    return error
  }

  static let queueDoesNotExist: ServiceError = {
    var error = sqs(
      "QueueDoesNotExist", "The specified queue does not exist.", query: "AWS.SimpleQueueService.NonExistentQueue")
    error.queryMessage = "The specified queue does not exist for this wsdl version."
    return error
  }()
}
