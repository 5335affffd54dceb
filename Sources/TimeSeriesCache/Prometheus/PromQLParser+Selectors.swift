import CacheSupport

// Selectors: matchers, ranges, and what moves their time.

extension PromQLParser {
  var isSelector: Bool {
    switch token.kind {
    case .name: following.kind != .sign("(")
    case .sign("{"): true
    default: false
    }
  }

  mutating func selector() throws(PromQLError) -> PromQLSelector {
    let start = token
    var matchers: [LabelMatcher] = []
    var hasName = false
    if case .name(let name) = token.kind {
      matchers.append(try matcher(PromQLSelector.name, .equal, ByteText(name), at: token))
      hasName = true
      index += 1
    }
    if take("{") {
      while !isSign("}") {
        let place = token
        let new = try matcher(namesMetric: hasName)
        if new.label == PromQLSelector.name, new.comparison == .equal {
          guard !hasName else { throw error(at: place, "the metric's name is given twice") }
          hasName = true
        }
        matchers.append(new)
        guard take(",") else { break }
      }
      try expect("}", "after the matchers of a selector, with ',' between them")
    }
    guard matchers.contains(where: { !$0.accepts("") }) else {
      throw error(at: start, "a selector needs a matcher that does not accept every series, such as series=\"a\"")
    }
    return PromQLSelector(matchers: matchers)
  }

  /// `label="value"`, or a quoted name of a metric alone.
  private mutating func matcher(namesMetric hasName: Bool) throws(PromQLError) -> LabelMatcher {
    let place = token
    let label: ByteText
    switch token.kind {
    // A colon is for the names of metrics.
    case .name(let name) where !name.utf8.contains(UInt8(ascii: ":")): label = ByteText(name)
    case .string(let name):
      if [.sign(","), .sign("}")].contains(following.kind) {
        index += 1
        return try matcher(PromQLSelector.name, .equal, ByteText(name), at: place)
      }
      label = ByteText(name)
    default: throw refused("the name of a label is needed")
    }
    index += 1
    guard case .sign(let sign) = token.kind, let comparison = LabelMatcher.Comparison(rawValue: sign) else {
      throw refused("one of = != =~ !~ is needed after a label")
    }
    index += 1
    let value = token
    guard case .string(let text) = value.kind else { throw refused("a value in quotes is needed") }
    index += 1
    return try matcher(label, comparison, ByteText(text), at: value)
  }

  private func matcher(
    _ label: ByteText, _ comparison: LabelMatcher.Comparison, _ value: ByteText, at place: PromQLToken
  ) throws(PromQLError) -> LabelMatcher {
    do throws(SafePatternError) { return try LabelMatcher(label, comparison, value) } catch {
      throw self.error(at: place, error.description)
    }
  }

  /// A selector, its range, and what moves its time: `x[5m] offset 1h @ 1700000000`.
  mutating func modified() throws(PromQLError) -> PromQLSelector {
    var selector = try selector()
    if take("[") {
      selector.range = try duration("a range, such as [5m]", positive: true)
      if isSign(":") { throw refused("subqueries are not supported; \(PromQLError.supported)") }
      try expect("]", "after a range")
    }
    var hasOffset = false
    while true {
      if case .name(let name) = token.kind, name.lowercased() == "offset" {
        guard !hasOffset else { throw refused("an offset is given twice") }
        index += 1
        let isNegative = take("-")
        let length = try duration("an offset, such as offset 1h", positive: false)
        selector.offset = isNegative ? -length : length
        hasOffset = true
      } else if isSign("@") {
        guard selector.instant == nil else { throw refused("a time is given twice") }
        index += 1
        selector.instant = try instant()
      } else if isSign("[") {
        throw refused("a range comes once, before offset and @; subqueries are not supported")
      } else {
        return selector
      }
    }
  }

  /// A duration, or a number of seconds.
  private mutating func duration(_ what: String, positive: Bool) throws(PromQLError) -> Int64 {
    let length: Int64
    switch token.kind {
    case .duration(let milliseconds): length = milliseconds
    case .number(let seconds) where seconds >= 0 && seconds <= Double(PromQLDuration.maximum / 1000):
      length = Int64(seconds * 1000)
    default: throw refused("\(what), is needed, of at most 100 years")
    }
    guard !positive || length > 0 else { throw refused("a range must be longer than nothing") }
    index += 1
    return length
  }

  private mutating func instant() throws(PromQLError) -> PromQLSelector.Instant {
    let isNegative = take("-")
    switch token.kind {
    case .number(let seconds):
      guard let time = PrometheusTime.milliseconds(seconds: isNegative ? -seconds : seconds) else {
        throw refused("@ needs seconds since 1970, in the years -9999 to 9999")
      }
      index += 1
      return .at(time)
    case .name(let name) where !isNegative && ["start", "end"].contains(name) && following.kind == .sign("("):
      index += 2
      try expect(")", "after \(name)(")
      return name == "start" ? .start : .end
    default: throw refused("@ needs seconds since 1970, start() or end()")
    }
  }
}
