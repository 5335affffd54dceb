import LambdaRuntime

/// What serves the paths under `/api/v1/`: Prometheus' HTTP API.
///
/// The router has checked the key, the size of the body and the method (GET, HEAD or POST). It adds what every answer has: `ETag`,
/// `Cache-Control`, compression, CORS, and the memory of identical requests. So the service only answers.
protocol PathService: Sendable {
  /// Answers a request. Errors are answers too, in the service's own form.
  ///
  /// - Parameters:
  ///   - event: its path begins with `/api/v1/`; parameters are in the query or, with POST, in a body of a form.
  ///   - series: what the request's key may read; other series do not exist for it.
  ///   - time: bounds the wait for the stores.
  func response(
    to event: HTTPEvent, seeing series: VisibleSeries, within time: AnswerTime, _ context: LambdaContext
  ) async -> HTTPEventResponse
}
