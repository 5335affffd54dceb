import CacheSupport
import SigV4

/// A source API to try the cache with: the sun at a place, on the five-minute grid, behind an API key.
///
/// `GET /sample/v1/sun?place=51.48,0&from=…&to=…`, times in epoch milliseconds, `from` included, `to` not. A place that is
/// no `latitude,longitude` is taken as Greenwich.
struct SampleSource: ServiceModule {
  /// The key that it wants: no secret, but a source that wants none would not show that keys arrive.
  static let key: String = "sunlight"

  static let path: String = "/sample/v1/sun"
  /// Milliseconds between two rows.
  static let step: Int64 = 300_000
  /// The longest range of one request: 31 days.
  static let longestRange: Int64 = 31 * 86_400_000
  /// The times that are taken: as far before 1970 as after it, within the year 9999. Two of them can be subtracted.
  static let times: ClosedRange<Int64> = -253_402_300_799_999...253_402_300_799_999

  init() {}

  init(_ context: ModuleContext) { self.init() }

  var routes: [Route] { [Route("GET", Self.path, errors: .message) { reply(to: $0.http) }] }

  func reply(to request: ServerRequest) -> ServerReply {
    guard let given = request[header: "x-api-key"], MessageDigest.constantTimeEqual(given, Self.key) else {
      return .now(Self.error(401, "send the key in x-api-key"))
    }
    let query = PercentEncoding.queryItems(request.query, plusIsBlank: true).reduce(into: [String: String]()) {
      $0[$1.name] = $1.value
    }
    guard let from = query["from"].flatMap({ Int64($0) }), let to = query["to"].flatMap({ Int64($0) }),
      Self.times.contains(from), Self.times.contains(to)
    else { return .now(Self.error(400, "give from and to in epoch milliseconds")) }
    guard from <= to, to - from <= Self.longestRange else {
      return .now(Self.error(400, "give a range of at most 31 days"))
    }
    let (latitude, longitude) = Self.place(query["place"] ?? "")
    var writer = JSONWriter(capacity: 128 + Int((to - from) / Self.step) * 80)
    writer.raw("{\"latitude\":")
    writer.double(latitude)
    writer.raw(",\"longitude\":")
    writer.double(longitude)
    writer.raw(",\"data\":[")
    var isFirst = true
    for time in Self.grid(from: from, to: to) {
      let sun = SolarPosition(time: time, latitude: latitude, longitude: longitude)
      if !isFirst { writer.raw(",") }
      isFirst = false
      writer.raw("{\"time\":")
      writer.time(UTCTime(epochMilliseconds: time))
      writer.raw(",\"elevation\":")
      writer.double((sun.elevation * 1000).rounded() / 1000)
      writer.raw(",\"irradiance\":")
      writer.double((sun.clearSkyIrradiance * 10).rounded() / 10)
      writer.raw("}")
    }
    writer.raw("]}")
    return .now(ServerResponse(status: 200, headers: [("Content-Type", "application/json")], body: writer.bytes))
  }

  static func grid(from: Int64, to: Int64) -> StrideTo<Int64> {
    let rest = from % step
    let first = rest == 0 ? from : from - rest + (rest > 0 ? step : 0)
    return stride(from: first, to: to, by: Int(step))
  }

  static func place(_ text: String) -> (latitude: Double, longitude: Double) {
    let parts = text.split(separator: ",").map { Double($0.filter { $0 != " " }) }
    guard parts.count == 2, let latitude = parts[0], let longitude = parts[1], abs(latitude) <= 90,
      abs(longitude) <= 180
    else { return (51.4779, 0) }
    return (latitude, longitude)
  }

  private static func error(_ status: Int, _ message: String) -> ServerResponse {
    ServerResponse(
      status: status, headers: [("Content-Type", "application/json")], body: (["error": .string(message)] as JSON).bytes
    )
  }
}

extension JSONWriter {
  /// Appends a time on the grid, which has whole seconds, as ISO 8601.
  fileprivate mutating func time(_ time: UTCTime) {
    guard (0...9999).contains(time.year) else { return string(time.iso8601Text) }
    var text: [22 of UInt8] = .init(repeating: UInt8(ascii: "\""))
    func put(_ value: Int, at place: Int, then mark: Unicode.Scalar, _ text: inout [22 of UInt8]) {
      text[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value / 10)
      text[place + 1] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value % 10)
      text[place + 2] = UInt8(ascii: mark)
    }
    put(time.year / 100, at: 1, then: "0", &text)
    put(time.year % 100, at: 3, then: "-", &text)
    put(time.month, at: 6, then: "-", &text)
    put(time.day, at: 9, then: "T", &text)
    put(time.hour, at: 12, then: ":", &text)
    put(time.minute, at: 15, then: ":", &text)
    put(time.second, at: 18, then: "Z", &text)
    raw(text.span)
  }
}
