/// An answer that is an error, in the shape and with the statuses of Prometheus' API.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview>.
struct PrometheusError: Error, Hashable {
  enum Kind: String, Hashable, CaseIterable {
    case badData = "bad_data"
    case notFound = "not_found"
    case execution
    case timeout
    case unavailable

    var status: Int {
      switch self {
      case .badData: 400
      case .notFound: 404
      case .execution: 422
      case .timeout, .unavailable: 503
      }
    }
  }

  var kind: Kind
  var message: String
  var headers: [String: String] = [:]
  /// What a store said, for the log alone.
  private(set) var cause: String?

  init(_ kind: Kind, _ message: String, headers: [String: String] = [:]) {
    self.kind = kind
    self.message = message
    self.headers = headers
  }

  static func badParameter(_ name: String, _ reason: String) -> PrometheusError {
    PrometheusError(.badData, "invalid parameter \"\(name)\": \(reason)")
  }

  static let tooLate: PrometheusError = PrometheusError(
    .timeout, "the query was not answered in time: ask for a shorter range or fewer series")

  static let noTable: PrometheusError = PrometheusError(
    .unavailable, "which series there are is not known: set IDENTIFIER_TABLE to the identifiers' table")

  /// What a store's failure means for the client; its own words go to the log alone.
  init(_ error: StoreError) {
    switch error.kind {
    case .throttled:
      self.init(
        .unavailable, "the store wants fewer requests: ask again after the seconds in Retry-After",
        headers: ["Retry-After": "2"])
    case .unavailable:
      self.init(
        .unavailable, "the store does not answer now: ask again after the seconds in Retry-After",
        headers: ["Retry-After": "5"])
    case .timedOut: self = .tooLate
    case .failed: self.init(.unavailable, "the store refused the request; the log of this request's id says why")
    }
    cause = error.description
  }
}
