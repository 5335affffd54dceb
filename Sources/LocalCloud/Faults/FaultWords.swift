import CacheSupport

/// What each service says of itself when it has too much to do, or fails.
extension ServiceError {
  /// The refusal of a request that is one too many.
  static func throttling(_ service: String, _ operation: String) -> ServiceError {
    switch service {
    case "dynamodb" where isOnItems(operation): .throughputExceeded
    case "dynamodb", "ssm":
      ServiceError(type: "com.amazon.coral.availability#ThrottlingException", message: "Rate exceeded")
    case "timestream": .timestream("ThrottlingException", "Rate exceeded")
    case "sqs":
      ServiceError(
        status: 403, type: "com.amazonaws.sqs#RequestThrottled", message: "Request is throttled.",
        queryCode: "RequestThrottled")
    case "lambda":
      .lambda(429, "TooManyRequestsException", "Rate exceeded", ["Reason": "CallerRateLimitExceeded", "Type": "User"])
    case FaultTargets.gateway: ServiceError(status: 429, type: "TooManyRequestsException", message: "Too Many Requests")
    // The query protocol's code; as an error of the JSON protocol it is a ThrottlingException.
    default:
      ServiceError(
        type: "com.amazon.coral.availability#ThrottlingException", message: "Rate exceeded", queryCode: "Throttling")
    }
  }

  /// The words of a table from which more is asked than it is provisioned for.
  static let throughputExceeded: ServiceError = dynamoDB(
    "ProvisionedThroughputExceededException",
    "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API."
  )

  private static func isOnItems(_ operation: String) -> Bool {
    ["Query", "Scan"].contains(operation) || operation.hasSuffix("Item") || operation.hasSuffix("Items")
  }

  /// The error of a service that fails.
  ///
  /// - Parameter status: 500 or 503.
  static func failing(_ service: String, _ status: Int) -> ServiceError {
    if service == FaultTargets.gateway {
      return ServiceError(
        status: status, type: "", message: status == 503 ? "Service Unavailable" : "Internal Server Error")
    }
    guard status == 500 else {
      let words = "The request has failed due to a temporary failure of the server."
      if service == "lambda" { return lambda(503, "ServiceUnavailableException", words, ["Type": "Service"]) }
      var error = unavailable(words)
      if service == "sqs" { error.queryCode = "ServiceUnavailable" }
      return error
    }
    var error: ServiceError
    switch service {
    case "dynamodb": error = dynamoDB("InternalServerError", "Internal server error")
    case "ssm":
      error = ServiceError(
        type: "com.amazonaws.ssm#InternalServerError", message: "An error occurred on the server side.")
    case "timestream":
      error = timestream(
        "InternalServerException",
        "The service was unable to fully process this request because of an internal server error.")
    case "lambda":
      error = lambda(500, "ServiceException", "The Lambda service encountered an internal error.", ["Type": "Service"])
    default:
      error = ServiceError(
        type: "com.amazon.coral.service#InternalFailure",
        message: "The request processing has failed because of an unknown error, exception or failure.",
        queryCode: "InternalFailure")
    }
    error.status = status
    return error
  }
}
