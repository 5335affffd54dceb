import CacheSupport

extension ServiceModule {
  /// Runs one of its operations from within, as a client's request would run, while the thread waits.
  ///
  /// - Parameter storage: where it runs. An operation that waits for others cannot be run this way.
  @discardableResult
  func call(_ operation: String, _ input: JSONObject, in storage: Storage) throws(ServiceError) -> JSON {
    guard let operation = operations.first(where: { $0.name == operation }) else { throw .unknownOperation(operation) }
    let request = OperationRequest(http: ServerRequest(method: "POST", path: "/", body: JSON.object(input).bytes))
    return try operation.begin(request).run(in: storage)
  }

  /// Runs an operation that creates something.
  ///
  /// - Parameter code: of the error which says that the thing is there already.
  /// - Returns: false where it is.
  @discardableResult
  func create(
    _ operation: String, _ input: JSONObject, in storage: Storage, unless code: String
  ) throws(ServiceError) -> Bool {
    do throws(ServiceError) {
      try call(operation, input, in: storage)
      return true
    } catch {
      guard error.code == code else { throw error }
      return false
    }
  }

  /// Runs an operation that deletes something.
  ///
  /// - Parameter code: of the error which says that the thing is not there.
  func delete(
    _ operation: String, _ input: JSONObject, in storage: Storage, unless code: String
  ) throws(ServiceError) {
    do throws(ServiceError) { try call(operation, input, in: storage) } catch {
      guard error.code == code else { throw error }
    }
  }
}
