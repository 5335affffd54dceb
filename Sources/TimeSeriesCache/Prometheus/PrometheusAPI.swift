import CacheSupport
import LambdaRuntime

/// A subset of Prometheus' HTTP API: queries, and the names and values of labels.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/api/>.
struct PrometheusAPI: PathService {
  /// Nil where there is no identifiers' table, without which nobody knows which series there are.
  private let store: (any PrometheusStore)?
  private let clock: WallClock
  private let limits: PrometheusLimits

  /// Milliseconds: how old the newest sample of an instant vector may be, unless `lookback_delta` says otherwise.
  static let defaultLookback: Int64 = 300_000

  /// The version of Prometheus whose rules for ranges the queries follow.
  static let version: String = "3.0.0"

  init(store: (any PrometheusStore)?, clock: WallClock, limits: PrometheusLimits = PrometheusLimits()) {
    self.store = store
    self.clock = clock
    self.limits = limits
  }

  init(directory: SeriesDirectory, reader: SeriesReader, clock: WallClock) {
    self.init(store: RegisteredSeries(directory, reader: reader, clock: clock), clock: clock)
  }

  func response(
    to event: HTTPEvent, seeing series: VisibleSeries, within time: AnswerTime, _ context: LambdaContext
  ) async -> HTTPEventResponse {
    do throws(PrometheusError) {
      let route = try PrometheusRoute(path: event.path)
      let parameters = try PrometheusParameters(event)
      let left = min(time.left, try parameters.duration("timeout") ?? time.left)
      let request = try PrometheusRequest(route, parameters, now: clock.now)
      guard let store else { throw .noTable }
      let metered = MeteredStore(store)
      let selection = PrometheusSelection(store: metered, mayRead: { series.isVisible($0) }, limits: limits)
      let start = ContinuousClock.now
      let answer = await within(.milliseconds(left)) { () async -> Result<HTTPEventResponse, PrometheusError> in
        do throws(PrometheusError) { return .success(try await request.answer(selection)) } catch {
          return .failure(error)
        }
      }
      // One line for the whole request, and also where it fails after some pages: they are billed.
      if let bytes = metered.bytesMetered {
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        context.logger.metrics([CacheMetric.mergeTime(milliseconds), CacheMetric.bytesMetered(bytes)])
      }
      guard let answer else { throw .tooLate }
      return try answer.get()
    } catch {
      if let cause = error.cause { context.logger.error("a store failed", ["error": .string(cause)]) }
      return PrometheusAnswer.response(error)
    }
  }
}
