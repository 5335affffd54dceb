package import CacheSupport

/// What a source API is: where to ask, and where its answer holds time and values. Data, not code.
///
/// In JSON, every place a JSON Pointer (RFC 6901):
///
/// ```json
/// { "url": "https://api.example.com/v1/{identifier}?from={from:seconds}&to={to:seconds}",
///   "headers": { "authorization": "Bearer {key}" },
///   "keyParameter": "/timeseries-cache/source-keys/example",
///   "past": "24h", "future": "24h",
///   "rows": "/data",
///   "time": { "at": "/from", "format": "iso8601" },
///   "measures": { "intensity": "/intensity/forecast", "index": { "at": "/intensity/index", "type": "varchar" } },
///   "next": "/links/next" }
/// ```
///
/// `columns` in place of `rows` names an object of parallel arrays; time and measures are then arrays in it. `"time": "now"` gives
/// rows that have no time the fetch's. `first` (``First``) asks for values that the template needs, `series` (``RowSeries``) makes
/// each row a sample of its own series, and `"every": "20m"` gives the source a schedule of its own.
package struct SourceDescription: Sendable, Hashable {
  /// How an answer holds its rows.
  package enum Layout: Sendable, Hashable {
    /// An array of objects, one per row.
    case rows(JSONPointer)
    /// An object whose members are arrays of one length.
    case columns(JSONPointer)
  }

  /// A measure's name in the cache, and its value's place in a row of the answer.
  package struct MeasurePlace: Sendable, Hashable {
    package var name: String
    package var place: JSONPointer
    package var type: MeasureType
  }

  /// What Timestream keeps a value as.
  package enum MeasureType: String, Sendable, Hashable, CaseIterable { case double, bigint, varchar, boolean }

  /// The name by which an identifier's item asks for it.
  package var name: String
  /// Where to ask for the first page.
  package var url: URLTemplate
  /// What every request carries.
  package var headers: [(name: String, value: URLTemplate)] { headerList.map { ($0.name, $0.value) } }
  private var headerList: [HeaderTemplate]
  /// The SSM parameter with the key for `{key}`; nil takes the function's own.
  package var keyParameter: String?
  /// How far back from now to ask, milliseconds.
  package var past: Int64
  /// How far ahead of now to ask, milliseconds.
  package var future: Int64
  package var layout: Layout
  /// A row's time, or the column of the times; nil for rows that take the fetch's.
  package var time: JSONPointer?
  package var timeFormat: TimeFormat
  /// Where the document says how many seconds its times without a zone are east of UTC; it must be there.
  package var utcOffset: JSONPointer?
  /// Ordered by the bytes of their names, at least one.
  package var measures: [MeasurePlace]
  /// Asked before the others; nil where the templates need nothing of it.
  package var first: First?
  /// How rows tell their series; nil where all of them are the identifier's.
  package var series: RowSeries?
  /// How often it is asked, milliseconds, a multiple of five minutes; nil leaves it to the daily schedule.
  package var every: Int64?
  /// Where the document holds the link to its next page.
  package var next: JSONPointer?
  /// From a request to the last byte of its answer, 1 to 300 seconds.
  package var timeout: Duration
  /// The largest page, up to 64 MiB.
  package var maximumBytes: Int
  /// The most pages of one fetch, 1 to 1,000.
  package var maximumPages: Int
  /// How often a page is asked for at most, 1 to 10 times.
  package var attempts: Int

  private struct HeaderTemplate: Sendable, Hashable {
    var name: String
    var value: URLTemplate
  }

  /// Reads one description.
  ///
  /// - Throws: ``SourceError`` that names the source and the member.
  package init(name: String, json: JSON) throws(SourceError) {
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
    (time, timeFormat, utcOffset) = try reader.time(layout)
    measures = try reader.measures()
    first = try reader.first(url)
    series = try reader.series(measures: measures)
    every = try reader.every()
    next = try reader.optionalPointer("next")
    timeout = .seconds(try reader.integer("timeoutSeconds", default: 10, in: 1...300))
    maximumBytes = try reader.integer("maximumBytes", default: 8 << 20, in: 1...(64 << 20))
    maximumPages = try reader.integer("maximumPages", default: 20, in: 1...1000)
    attempts = try reader.integer("attempts", default: 3, in: 1...10)
    try reader.refuseUnknownMembers()
  }

  /// Where a row's time is, if it has one, then its measures, then its tags.
  var rowPlaces: [JSONPointer] {
    (time.map { [$0] } ?? []) + measures.map(\.place) + (series?.places.map(\.place) ?? [])
  }

  /// True where the key is needed to ask.
  package var usesKey: Bool {
    url.uses("key") || first?.url.uses("key") ?? false || headerList.contains { $0.value.uses("key") }
  }
}
