import CacheSupport

/// A module as the query protocol sees it.
struct QueryService: Sendable {
  let endpoint: QueryEndpoint
  private let operations: [ByteText: Operation]

  /// - Returns: nil for a module that does not speak the protocol.
  init?(_ module: any ServiceModule) {
    guard let endpoint = module.queryEndpoint else { return nil }
    self.endpoint = endpoint
    operations = module.operations.reduce(into: [:]) { $0[ByteText($1.name)] = $1 }
  }

  func has(_ action: String) -> Bool { operations[ByteText(action)] != nil }

  /// The operation that a form names, with the input that the JSON protocol would have brought.
  ///
  /// - Throws: InvalidAction, MissingAction, and what is wrong with the form.
  func call(_ request: ServerRequest, _ fields: FormFields, _ requestID: String) throws(ServiceError) -> FrontDoor.Call
  {
    guard let action = fields["Action"]?.text, !action.isEmpty else {
      throw ServiceError(type: "MissingAction", message: "The request must contain the parameter Action.")
    }
    guard let operation = operations[ByteText(action)], let shapes = endpoint.shapes[ByteText(action)] else {
      throw .unknownOperation(action)
    }
    var fields = fields
    if let field = endpoint.pathField, fields[field] == nil, request.path.utf8.count > 1 {
      fields.set(field, to: request.path)
    }
    var http = request
    http.body = try shapes.input.input(fields).bytes
    return FrontDoor.Call(service: endpoint.signingName, operation: operation, request: OperationRequest(http: http)) {
      [endpoint] answer throws(ServiceError) in
      ErrorFormat.answer(200, "text/xml", try endpoint.body(answer, of: action, shapes, requestID), requestID)
    }
  }
}
