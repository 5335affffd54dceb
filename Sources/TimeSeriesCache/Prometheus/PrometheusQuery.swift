import CacheSupport
import Synchronization

/// Evaluates an expression over the series that its selector chooses.
struct PrometheusQuery: Sendable {
  /// Rows that are read at a time.
  private static let pageSize: Int = 10_000
  /// Series that are read at a time.
  private static let atOnce: Int = 8

  let selection: PrometheusSelection
  let expression: PromQLExpression
  let steps: PromQLSteps

  /// The series of an expression that has a selector, ordered by their labels; those without any value are left out.
  func results() async throws(PrometheusError) -> (series: [PrometheusResult], warnings: [String]) {
    guard let selector = expression.selector else {
      return (
        [PrometheusResult(labels: PrometheusLabels(), points: expression.points(of: SampleColumn(), at: steps))], []
      )
    }
    let (matches, warnings) = try await selection.matches(selector.matchers, limit: selection.limits.series)
    guard let times = steps.times(of: selector), !matches.isEmpty else { return ([], warnings) }
    guard matches.count * steps.count * expression.operations <= selection.limits.work else {
      throw PrometheusError(
        .execution,
        "the query would work out more than \(selection.limits.work) values: ask for fewer series, steps or operations")
    }
    let columns = try await columns(matches, times)
    var results: [PrometheusResult] = []
    for match in matches {
      guard !Task.isCancelled else { throw .tooLate }
      let points = expression.points(of: columns[match] ?? SampleColumn(), at: steps)
      guard !points.isEmpty else { continue }
      let labels = expression.keepsName ? match.labels : match.labels.without(PromQLSelector.name)
      results.append(PrometheusResult(labels: labels, points: points))
    }
    results.sort { $0.labels < $1.labels }
    guard zip(results, results.dropFirst()).allSatisfy({ $0.labels != $1.labels }) else {
      throw PrometheusError(
        .execution,
        "two series of the answer have the same labels, since the name of the metric is not among them: select one metric by its name"
      )
    }
    return (results, warnings)
  }

  /// The samples of each match; each series is read once, whatever the number of its measures.
  private func columns(
    _ matches: [PrometheusSelection.Match], _ times: TimeRange
  ) async throws(PrometheusError) -> [PrometheusSelection.Match: SampleColumn] {
    let budget = Budget(of: selection.limits.samples)
    let bySeries = Dictionary(grouping: matches, by: \.series)
    let store = selection.store
    let read = try await mapConcurrently(bySeries, limit: Self.atOnce) {
      series, matches async throws(PrometheusError) -> [(PrometheusSelection.Match, SampleColumn)] in
      try await Self.columns(of: series, matches, times, store, budget)
    }
    return Dictionary(read.joined().map { ($0.0, $0.1) }) { first, _ in first }
  }

  private static func columns(
    of series: Series, _ matches: [PrometheusSelection.Match], _ times: TimeRange, _ store: any PrometheusStore,
    _ budget: Budget
  ) async throws(PrometheusError) -> [(PrometheusSelection.Match, SampleColumn)] {
    // Ordered as the measures of a row are, so that one walk finds them all.
    let matches = matches.sorted { $0.measure < $1.measure }
    var columns = [SampleColumn](repeating: SampleColumn(), count: matches.count)
    var next: SeriesReader.Continuation?
    repeat {
      // One row more than may be read shows that there are too many.
      let limit = min(pageSize, budget.left / matches.count + 1)
      let page: SeriesReader.Page
      do throws(StoreError) {
        page = try await store.page(of: series, in: times, after: next, limit: limit)
      } catch {
        throw PrometheusError(error)
      }
      guard !Task.isCancelled else { throw .tooLate }
      let rows = page.rows
      guard budget.take(rows.count * matches.count) else {
        throw PrometheusError(
          .execution,
          "the query would read more than \(budget.samples) samples: ask for a shorter range or fewer series")
      }
      for row in rows {
        var place = 0
        for measure in row.measures {
          let name = ByteText(measure.name)
          while place < matches.count, matches[place].measure < name { place += 1 }
          while place < matches.count, matches[place].measure == name {
            if let value = measure.value.sample, matches[place].origin.map({ $0 == row.origin }) ?? true {
              columns[place].append(value, at: row.time)
            }
            place += 1
          }
        }
      }
      next = page.next
    } while next != nil
    return Array(zip(matches, columns))
  }

  /// What all series of a query may read together.
  private final class Budget: Sendable {
    let samples: Int
    private let rest: Mutex<Int>

    init(of samples: Int) {
      self.samples = samples
      rest = Mutex(samples)
    }

    var left: Int { rest.withLock { $0 } }

    /// - Returns: false where that is more than is left.
    func take(_ count: Int) -> Bool {
      rest.withLock { left in
        guard count <= left else { return false }
        left -= count
        return true
      }
    }
  }
}
