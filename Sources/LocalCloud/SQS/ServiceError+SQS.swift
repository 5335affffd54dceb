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

  static let queueDoesNotExist: ServiceError = sqs(
    "QueueDoesNotExist", "The specified queue does not exist.", query: "AWS.SimpleQueueService.NonExistentQueue")
}
