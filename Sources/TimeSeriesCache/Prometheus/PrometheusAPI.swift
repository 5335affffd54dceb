import CacheSupport
import LambdaRuntime

/// A subset of Prometheus' HTTP API: queries, and the names and values of labels.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/api/>.
struct PrometheusAPI: Sendable {
  let store: any PrometheusStore
  let clock: WallClock

  /// Milliseconds: how old the newest sample of an instant vector may be, unless `lookback_delta` says otherwise.
  static let defaultLookback: Int64 = 300_000

  /// The version of Prometheus whose rules for ranges the queries follow.
  static let version: String = "3.0.0"

  /// Answers a request whose key has been checked.
  ///
  /// - Parameters:
  ///   - left: milliseconds until the answer must go out.
  ///   - mayRead: which series the key lets its holder read.
  func response(
    to event: HTTPEvent, left: Int64, mayRead: @escaping @Sendable (SeriesEntry) -> Bool
  ) async -> HTTPEventResponse {
    do throws(PrometheusError) {
      let route = try PrometheusRoute(path: event.path)
      let parameters = try PrometheusParameters(event)
      let time = max(0, min(left, try parameters.duration("timeout") ?? left))
      let request = try PrometheusRequest(route, parameters, now: clock.now)
      let selection = PrometheusSelection(store: store, mayRead: mayRead)
      let answer = await within(.milliseconds(time)) { () async -> Result<HTTPEventResponse, PrometheusError> in
        do throws(PrometheusError) { return .success(try await request.answer(selection)) } catch {
          return .failure(error)
        }
      }
      guard let answer else { throw .tooLate }
      return try answer.get()
    } catch {
      return PrometheusAnswer.response(error)
    }
  }
}
