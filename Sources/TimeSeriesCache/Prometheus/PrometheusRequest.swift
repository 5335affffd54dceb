import CacheSupport
import LambdaRuntime

/// A request that is checked: all of it but what only the stores know.
enum PrometheusRequest: Sendable {
  case evaluate(PromQLExpression, PromQLSteps, isRange: Bool, limit: Int?)
  case series([[LabelMatcher]], limit: Int?)
  /// Without selectors: of all series.
  case labels([[LabelMatcher]], limit: Int?)
  case values(ByteText, [[LabelMatcher]], limit: Int?)
  case buildInfo

  init(_ route: PrometheusRoute, _ parameters: PrometheusParameters, now: Int64) throws(PrometheusError) {
    switch route {
    case .buildInfo: self = .buildInfo
    case .query, .queryRange:
      let lookback = try parameters.duration("lookback_delta") ?? PrometheusAPI.defaultLookback
      let isRange = route == .queryRange
      let steps =
        isRange
        ? try Self.steps(parameters, lookback)
        : .instant(try parameters.time("time") ?? now, lookback: lookback)
      guard let text = parameters["query"] else { throw .badParameter("query", "it is needed") }
      let expression: PromQLExpression
      do throws(PromQLError) { expression = try PromQLParser.expression(text) } catch {
        throw .badParameter("query", error.description)
      }
      guard !isRange || expression.shape == .scalar || expression.shape == .vector else {
        throw .badParameter(
          "query", "\(expression.shape.shown) has no value at each step: a number or an instant vector is needed")
      }
      self = .evaluate(expression, steps, isRange: isRange, limit: try parameters.limit())
    case .series:
      let selectors = try Self.selectors(parameters)
      guard !selectors.isEmpty else { throw .badParameter("match[]", "it is needed, such as match[]=temperature") }
      self = .series(selectors, limit: try parameters.limit())
    case .labels: self = .labels(try Self.selectors(parameters), limit: try parameters.limit())
    case .values(let label):
      self = .values(ByteText(label), try Self.selectors(parameters), limit: try parameters.limit())
    }
  }

  /// What is registered has no times: the bounds must be right, but do not narrow anything.
  private static func selectors(_ parameters: PrometheusParameters) throws(PrometheusError) -> [[LabelMatcher]] {
    _ = try parameters.time("start")
    _ = try parameters.time("end")
    return try parameters.selectors()
  }

  private static func steps(
    _ parameters: PrometheusParameters, _ lookback: Int64
  ) throws(PrometheusError) -> PromQLSteps {
    let start = try parameters.requiredTime("start")
    let end = try parameters.requiredTime("end")
    guard start <= end else { throw .badParameter("end", "it is before 'start': exchange them") }
    guard let step = try parameters.duration("step") else { throw .badParameter("step", "it is needed") }
    let steps = PromQLSteps(start: start, end: end, step: step, lookback: lookback)
    guard (end - start) / step < PromQLSteps.maximumCount else {
      throw PrometheusError(
        .badData,
        "a series would have more than \(PromQLSteps.maximumCount - 1) points after the first: ask for a longer step or a shorter range"
      )
    }
    return steps
  }

  /// Asks the stores, and writes the answer.
  func answer(_ selection: PrometheusSelection) async throws(PrometheusError) -> HTTPEventResponse {
    var answer = PrometheusAnswer()
    var warnings: [String] = []
    switch self {
    case .buildInfo:
      answer.json([
        "version": .string(PrometheusAPI.version), "revision": "timeseries-cache", "branch": "", "buildUser": "",
        "buildDate": "", "goVersion": "",
      ])
    case .evaluate(.text(let text), let steps, _, _): answer.constant("string", text, at: steps.start)
    case .evaluate(.number(let value), let steps, isRange: false, _):
      answer.constant("scalar", PrometheusNumber.text(value), at: steps.start)
    case .evaluate(let expression, let steps, let isRange, let limit):
      let query = PrometheusQuery(selection: selection, expression: expression, steps: steps)
      let (results, notes) = try await query.results()
      warnings = notes
      let shown = results.cut(to: limit, &warnings)
      if isRange || expression.shape == .matrix { try answer.matrix(shown) } else { try answer.vector(shown) }
    case .series(let selectors, let limit):
      let labels = Set(try await matches(selectors, selection, &warnings).map(\.labels)).sorted()
      try answer.labels(labels.cut(to: limit, &warnings))
    case .labels(let selectors, let limit):
      let found = try await matches(selectors, selection, &warnings)
      var names = Set(found.flatMap { $0.labels.pairs.map(\.name) })
      // It can be asked for, although only then series have it.
      if !names.isEmpty { names.insert(PrometheusLabels.origin) }
      try answer.texts(names.sorted().cut(to: limit, &warnings))
    case .values(let label, let selectors, let limit):
      let found = try await matches(selectors, selection, &warnings)
      var values = Set(found.map { $0.labels[label] })
      if label == PrometheusLabels.origin, found.contains(where: { $0.origin == nil }) {
        values.formUnion([SeriesRow.Origin.history, .forecast].map { ByteText($0.rawValue) })
      }
      values.remove("")
      try answer.texts(values.sorted().cut(to: limit, &warnings))
    }
    return try answer.response(warnings: warnings)
  }

  /// What any of the selectors chooses; without selectors, everything.
  private func matches(
    _ selectors: [[LabelMatcher]], _ selection: PrometheusSelection, _ warnings: inout [String]
  ) async throws(PrometheusError) -> [PrometheusSelection.Match] {
    var all: [PrometheusSelection.Match] = []
    for selector in selectors.isEmpty ? [[]] : selectors {
      let (matches, notes) = try await selection.matches(selector, limit: selection.limits.matches)
      all += matches
      warnings += notes.filter { !warnings.contains($0) }
    }
    return all
  }
}

extension Array {
  /// The first elements; a warning says that there are more.
  fileprivate func cut(to limit: Int?, _ warnings: inout [String]) -> [Element] {
    guard let limit, count > limit else { return self }
    warnings.append("the answer is cut to \(limit) of \(count), as limit asks")
    return Array(prefix(limit))
  }
}
