import CacheSupport

/// What a path of Prometheus' API asks for.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/api/>.
enum PrometheusRoute: Hashable {
  case query, queryRange, series, labels, buildInfo
  case values(label: String)

  /// What all paths begin with.
  static let prefix: String = "/api/v1/"

  /// The methods of all of them but those in ``readsOnly``.
  static let methods: String = "GET, HEAD, OPTIONS, POST"

  init(path: [UInt8]) throws(PrometheusError) {
    let unknown = PrometheusError(
      .notFound, "there are query, query_range, series, labels, label/<name>/values and status/buildinfo under /api/v1")
    guard path.starts(with: Self.prefix.utf8),
      let rest = String(validating: path.dropFirst(Self.prefix.utf8.count), as: UTF8.self)
    else { throw unknown }
    switch rest {
    case "query": self = .query
    case "query_range": self = .queryRange
    case "series": self = .series
    case "labels": self = .labels
    case "status/buildinfo": self = .buildInfo
    default:
      let parts = rest.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map {
        String(Substring($0))
      }
      guard parts.count == 3, parts[0] == "label", parts[2] == "values" else { throw unknown }
      guard PrometheusLabels.isLegal(parts[1]) else {
        throw PrometheusError(
          .badData, "'\(parts[1].prefix(40))' is no name of a label: letters, digits and _ are, a digit not first")
      }
      self = .values(label: parts[1])
    }
  }
}
