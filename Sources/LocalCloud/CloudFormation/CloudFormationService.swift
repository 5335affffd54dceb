import CacheSupport

/// AWS CloudFormation, as far as it tells what stands: the one stack of this cloud, which changes with its template alone.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html>.
struct CloudFormationService: ServiceModule {
  /// Where the stack is once it stands.
  private let stack = Gate<StandingStack>()

  init(_ context: ModuleContext) {}

  init() {}

  let queryEndpoint: QueryEndpoint? = .cloudFormation

  var operations: [Operation] {
    [
      operation("DescribeStacks", describeStacks), operation("ListStacks", listStacks),
      operation("DescribeStackResource", describeResource), operation("DescribeStackResources", describeResources),
      operation("ListStackResources", listResources), operation("ListExports", listExports),
      operation("GetTemplate", template), operation("GetTemplateSummary", templateSummary),
    ]
  }

  func standUp(_ stack: Stack, _ state: inout StackState) { self.stack.open(StandingStack(stack, state)) }

  /// An operation that reads the stack.
  private func operation(
    _ name: String, _ answer: @escaping @Sendable (inout Input, StandingStack) throws(ServiceError) -> JSON
  ) -> Operation {
    Operation(name) { [stack] request throws(ServiceError) in
      guard let stack = stack.value else { throw .unavailable("the stack is not there yet") }
      do throws(ServiceError) {
        var input = try request.input()
        return .answer(Answer(try answer(&input, stack)))
      } catch {
        // The service has a word of its own for what breaks its model.
        throw error.code == "ValidationException" ? .cloudFormation(error.message ?? "") : error
      }
    }
  }
}

extension ServiceError {
  static func cloudFormation(_ message: String) -> ServiceError {
    ServiceError(type: "ValidationError", message: message)
  }

  static func noStack(_ name: String) -> ServiceError { cloudFormation("Stack with id \(name) does not exist") }
}
