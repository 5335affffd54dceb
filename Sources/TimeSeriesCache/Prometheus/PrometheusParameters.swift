import CacheSupport
import LambdaRuntime

/// The parameters of a request, from its form and its query; unlike those of other routes they may be given more than once, and
/// unknown ones are passed over, as in Prometheus.
struct PrometheusParameters {
  private var values: [ByteText: [String]] = [:]

  /// - Throws: `bad_data` for text that is not UTF-8.
  init(_ event: HTTPEvent) throws(PrometheusError) {
    // As in Prometheus the form counts before the query.
    let type = event.headers["content-type"]?.lowercased() ?? ""
    if event.method == "POST", type.hasPrefix("application/x-www-form-urlencoded") {
      guard let form = String(validating: event.body, as: UTF8.self) else {
        throw PrometheusError(.badData, "the form is not UTF-8: encode its bytes, as %C3%A9 for é")
      }
      for item in form.utf8.split(separator: UInt8(ascii: "&")) {
        let parts = item.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map {
          PercentEncoding.decodeBytes(Substring($0), plusIsBlank: true)
        }
        try add(parts[0], parts.count > 1 ? parts[1] : [])
      }
    }
    for item in event.query { try add(item.name, item.value) }
  }

  private mutating func add(_ name: [UInt8], _ value: [UInt8]) throws(PrometheusError) {
    guard let name = String(validating: name, as: UTF8.self), let value = String(validating: value, as: UTF8.self)
    else {
      throw PrometheusError(.badData, "a parameter is not UTF-8: encode its bytes, as %C3%A9 for é")
    }
    values[ByteText(name), default: []].append(value)
  }

  func all(_ name: ByteText) -> [String] { values[name] ?? [] }

  /// The first value; nil where there is none, or it is empty.
  subscript(name: ByteText) -> String? { values[name]?.first.flatMap { $0.isEmpty ? nil : $0 } }

  func time(_ name: ByteText) throws(PrometheusError) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let time = PrometheusTime.milliseconds(text) else {
      throw .badParameter(
        name.text,
        "'\(text.prefix(40))' is no time: give seconds since 1970 or RFC 3339 (2026-11-20T12:00:00Z), in the years -9999 to 9999"
      )
    }
    return time
  }

  func requiredTime(_ name: ByteText) throws(PrometheusError) -> Int64 {
    guard let time = try time(name) else { throw .badParameter(name.text, "it is needed") }
    return time
  }

  /// Milliseconds, more than none.
  func duration(_ name: ByteText) throws(PrometheusError) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let length = PrometheusTime.duration(text), length > 0 else {
      throw .badParameter(
        name.text, "'\(text.prefix(40))' is no length of time: give seconds or a duration such as 15s, at least 1ms")
    }
    return length
  }

  /// The most series or values of an answer; nil where it is not bounded.
  func limit() throws(PrometheusError) -> Int? {
    guard let text = self["limit"] else { return nil }
    guard let limit = Int(text), limit >= 0 else {
      throw .badParameter("limit", "'\(text.prefix(40))' is no whole number from 0, which is no limit")
    }
    return limit == 0 ? nil : limit
  }

  /// The conditions of each `match[]`.
  func selectors() throws(PrometheusError) -> [[LabelMatcher]] {
    let texts = all("match[]")
    guard texts.count <= Self.maximumSelectors else {
      throw .badParameter("match[]", "it is given \(texts.count) times; \(Self.maximumSelectors) are the most")
    }
    return try texts.map { text throws(PrometheusError) in
      do throws(PromQLError) { return try PromQLParser.selector(text).matchers } catch {
        throw .badParameter("match[]", error.description)
      }
    }
  }

  /// How often `match[]` may be given.
  static let maximumSelectors: Int = 20
}
