import CacheSupport
import LambdaRuntime

/// Writes an answer in the shape of Prometheus' API, straight into bytes, up to the most that Lambda can send.
struct PrometheusAnswer {
  private var writer = JSONWriter(capacity: 16 << 10)
  /// How many bytes quoting will add to what was written up to ``counted``.
  private var escapes = 0
  private var counted = 0

  /// Begins `{"status":"success","data":`.
  init() { writer.raw("{\"status\":\"success\",\"data\":") }

  /// Ends the answer.
  consuming func response(warnings: [String]) throws(PrometheusError) -> HTTPEventResponse {
    if !warnings.isEmpty {
      writer.raw(",\"warnings\":")
      list(warnings) { $0.string($1) }
    }
    writer.raw("}")
    try check()
    return Self.response(200, writer.bytes)
  }

  static func response(_ status: Int, _ body: [UInt8], headers: [String: String] = [:]) -> HTTPEventResponse {
    HTTPEventResponse(
      status: status, headers: headers.merging(["Content-Type": "application/json"]) { own, _ in own }, body: body)
  }

  /// `{"status":"error","errorType":"bad_data","error":"…"}`
  static func response(_ error: PrometheusError) -> HTTPEventResponse {
    let body: JSON = [
      "status": "error", "errorType": .string(error.kind.rawValue), "error": .string(error.message),
    ]
    return response(error.kind.status, body.bytes, headers: error.headers)
  }

  private mutating func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
    writer.raw("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { writer.raw(",") }
      write(&writer, element)
    }
    writer.raw("]")
  }

  /// - Throws: `execution` where what was written is more than can be sent.
  private mutating func check() throws(PrometheusError) {
    escapes += JSONWriter.escapes(in: writer.bytes.span.extracting(counted...))
    counted = writer.bytes.count
    guard counted + escapes <= PageFormat.limit else {
      throw PrometheusError(
        .execution,
        "the answer is larger than \(PageFormat.limit >> 20) MB: ask for fewer series, a shorter range or a longer step"
      )
    }
  }

  // MARK: Data

  mutating func texts(_ texts: [ByteText]) throws(PrometheusError) {
    list(texts) { $0.string($1.text) }
    try check()
  }

  mutating func labels(_ sets: [PrometheusLabels]) throws(PrometheusError) {
    list(sets) { $0.labels($1) }
    try check()
  }

  mutating func json(_ value: JSON) { writer.write(value) }

  /// A number or a text at a time.
  mutating func constant(_ type: StaticString, _ text: String, at time: Int64) {
    begin(type)
    writer.raw("[")
    writer.raw(Array(PrometheusNumber.seconds(time).utf8))
    writer.raw(",")
    writer.string(text)
    writer.raw("]}")
  }

  /// One value for each series.
  mutating func vector(_ series: [PrometheusResult]) throws(PrometheusError) {
    begin("vector")
    writer.raw("[")
    var isFirst = true
    for one in series {
      guard let point = one.points.last else { continue }
      if !isFirst { writer.raw(",") }
      isFirst = false
      writer.raw("{\"metric\":")
      writer.labels(one.labels)
      writer.raw(",\"value\":")
      writer.point(point)
      writer.raw("}")
      try check()
    }
    writer.raw("]}")
  }

  /// Any number of values for each series.
  mutating func matrix(_ series: [PrometheusResult]) throws(PrometheusError) {
    begin("matrix")
    writer.raw("[")
    for (index, one) in series.enumerated() {
      if index > 0 { writer.raw(",") }
      writer.raw("{\"metric\":")
      writer.labels(one.labels)
      writer.raw(",\"values\":[")
      for (index, point) in one.points.enumerated() {
        if index > 0 { writer.raw(",") }
        writer.point(point)
        if index % 1000 == 999 { try check() }
      }
      writer.raw("]}")
      try check()
    }
    writer.raw("]}")
  }

  private mutating func begin(_ type: StaticString) {
    writer.raw("{\"resultType\":\"")
    writer.raw(type)
    writer.raw("\",\"result\":")
  }
}

/// A series of an answer, and its values by time.
struct PrometheusResult: Sendable, Hashable {
  var labels: PrometheusLabels
  var points: [PrometheusPoint]
}

extension JSONWriter {
  fileprivate mutating func labels(_ labels: PrometheusLabels) {
    raw("{")
    for (index, pair) in labels.pairs.enumerated() {
      if index > 0 { raw(",") }
      string(pair.name.text)
      raw(":")
      string(pair.value.text)
    }
    raw("}")
  }

  fileprivate mutating func point(_ point: PrometheusPoint) {
    raw("[")
    raw(PrometheusNumber.seconds(point.time).utf8Span.span)
    raw(",\"")
    raw(PrometheusNumber.text(point.value).utf8Span.span)
    raw("\"]")
  }
}
