import CacheSupport

/// What a client may ask of the service itself.
extension DynamoDBService {
  var accountOperations: [Operation] {
    [Operation("DescribeLimits", describeLimits), Operation("DescribeEndpoints", describeEndpoints)]
  }

  /// The quotas of a new account; nothing here is throttled by them.
  private func describeLimits(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    _ = try request.input()
    return .answer(
      Answer([
        "AccountMaxReadCapacityUnits": 80_000, "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000, "TableMaxWriteCapacityUnits": 40_000,
      ]))
  }

  /// The address that the client used already.
  private func describeEndpoints(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    let host =
      request.http[header: "host"] ?? "dynamodb.\(account.region).amazonaws.com"
    return .answer(Answer(["Endpoints": [["Address": .string(host), "CachePeriodInMinutes": 1440]]]))
  }
}
