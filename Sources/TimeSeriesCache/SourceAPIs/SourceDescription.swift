public import CacheSupport

/// What a source API is: where to ask, and where its answer holds time and values. Data, not code.
///
/// In JSON, every place a JSON Pointer (RFC 6901):
///
/// ```json
/// { "url": "https://api.example.com/v1/{identifier}?from={from:seconds}&to={to:seconds}",
///   "headers": { "authorization": "Bearer {key}" },
///   "keyParameter": "/cache/example-key",
///   "past": "24h", "future": "24h",
///   "rows": "/data",
///   "time": { "at": "/from", "format": "iso8601" },
///   "measures": { "intensity": "/intensity/forecast", "index": { "at": "/intensity/index", "type": "varchar" } },
///   "next": "/links/next" }
/// ```
///
/// `columns` in place of `rows` names an object of parallel arrays; time and measures are then arrays in it.
public struct SourceDescription: Sendable, Hashable {
  public enum Layout: Sendable, Hashable {
    /// An array of objects, one a row.
    case rows(JSONPointer)
    /// An object whose members are arrays of one length.
    case columns(JSONPointer)
  }

  public struct MeasurePlace: Sendable, Hashable {
    public var name: String
    public var place: JSONPointer
    public var type: MeasureType
  }

  public enum MeasureType: String, Sendable, Hashable, CaseIterable { case double, bigint, varchar, boolean }

  public var name: String
  public var url: URLTemplate
  public var headers: [(name: String, value: URLTemplate)] { headerList.map { ($0.name, $0.value) } }
  private var headerList: [HeaderTemplate]
  /// The SSM parameter with the key for `{key}`; nil takes the function's own.
  public var keyParameter: String?
  /// How far back and ahead of now to ask, milliseconds.
  public var past: Int64
  public var future: Int64
  public var layout: Layout
  public var time: JSONPointer
  public var timeFormat: TimeFormat
  /// Where the document says how many seconds its zone-less times are east of UTC.
  public var utcOffset: JSONPointer?
  public var measures: [MeasurePlace]
  /// Where the document holds the link to its next page.
  public var next: JSONPointer?
  public var timeout: Duration
  public var maximumBytes: Int
  public var maximumPages: Int
  public var attempts: Int

  private struct HeaderTemplate: Sendable, Hashable {
    var name: String
    var value: URLTemplate
  }

  /// Reads one description.
  ///
  /// - Throws: ``SourceError`` that names the source and the member.
  public init(name: String, json: JSON) throws(SourceError) {
    var reader = DescriptionReader(name: name, json: json)
    self.name = name
    url = try reader.template("url")
    headerList = try reader.texts("headers").map { (header, value) throws(SourceError) in
      HeaderTemplate(name: header, value: try reader.template(value, at: "/headers/\(header)", encodes: false))
    }
    keyParameter = try reader.optionalText("keyParameter")
    past = try reader.duration("past", default: 86_400_000)
    future = try reader.duration("future", default: 86_400_000)
    layout = try reader.layout()
    (time, timeFormat, utcOffset) = try reader.time()
    measures = try reader.measures()
    next = try reader.optionalPointer("next")
    timeout = .seconds(try reader.integer("timeoutSeconds", default: 10, in: 1...300))
    maximumBytes = try reader.integer("maximumBytes", default: 8 << 20, in: 1...(64 << 20))
    maximumPages = try reader.integer("maximumPages", default: 20, in: 1...1000)
    attempts = try reader.integer("attempts", default: 3, in: 1...10)
    try reader.refuseUnknownMembers()
  }

  /// Where a row's time is, then its measures.
  var rowPlaces: [JSONPointer] { [time] + measures.map(\.place) }

  /// True where the key is needed to ask.
  public var usesKey: Bool { url.uses("key") || headerList.contains { $0.value.uses("key") } }
}
