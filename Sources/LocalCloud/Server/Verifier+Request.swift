import SigV4

extension Verifier {
  /// - Parameters:
  ///   - services: the names that the signature may be for.
  ///   - now: epoch milliseconds.
  /// - Throws: the service's own refusal of a signature.
  func authenticate(_ request: ServerRequest, services: Set<String>, now: Int64) throws(ServiceError) {
    let signable = SignableRequest(
      method: request.method, path: request.path, query: request.query,
      headers: request.headers.map { SignableRequest.Header($0.name, $0.value) }, body: request.body)
    do throws(Refusal) {
      _ = try verify(signable, services: services, now: now / 1000)
    } catch {
      throw .coral(error.code, error.message)
    }
  }
}
