import CacheSupport

/// The written series of an answer's rows: each is made once, and known by its number from then on.
///
/// Of a description without `series` there is none, and all rows are the identifier's.
struct RowIndex: Sendable {
  /// The most series of one fetch: each of them is written, and its status kept, by itself.
  static let maximumSeries: Int = 1000

  private let description: SourceDescription.RowSeries?
  /// Tags that all rows have.
  private let constants: [SeriesKey.Tag]
  private var numbers: [SeriesKey: Int] = [:]
  /// By their numbers.
  private(set) var series: [Series] = []

  init(_ description: SourceDescription.RowSeries? = nil, constants: [SeriesKey.Tag] = []) {
    self.description = description
    self.constants = constants
  }

  /// Where a row has its tags; empty where rows are of one series.
  var places: [SourceDescription.RowSeries.TagPlace] { description?.places ?? [] }

  struct Failure: Error { var reason: String }

  /// The number of the series that has these tags beside the constant ones.
  mutating func number(_ tags: [SeriesKey.Tag]) throws(Failure) -> Int {
    guard let description, let key = SeriesKey(measurement: description.measurement, tags: constants + tags) else {
      throw Failure(reason: "its tags make no series")
    }
    if let known = numbers[key] { return known }
    guard series.count < Self.maximumSeries else {
      throw Failure(
        reason: "is of another series than the first \(Self.maximumSeries), which are the most of one fetch")
    }
    do throws(InvalidIdentifier) { series.append(try Series(key)) } catch {
      throw Failure(reason: "its tags make no series: \(error)")
    }
    numbers[key] = series.count - 1
    return series.count - 1
  }
}

extension SourceDescription.RowSeries.TagPlace {
  struct Failure: Error { var reason: String }

  /// A row's value as the tag's: a text, a number as it is written, `true` or `false`, and what `values` has for it.
  func read(
    _ token: JSONToken?, in reader: borrowing JSONReader, _ redactor: Redactor
  ) throws(Failure) -> SeriesKey.Tag {
    guard let token else { throw Failure(reason: "holds nothing for the tag '\(name)'") }
    guard [.string, .number, .bool].contains(token.kind), let text = try? reader.text(token), !text.isEmpty else {
      throw Failure(reason: "'\(reader.excerpt(token, redactor))' is no value for the tag '\(name)'")
    }
    guard let values else { return SeriesKey.Tag(name, ByteText(text)) }
    guard let value = values[ByteText(text)] else {
      let known = values.keys.sorted().map(\.text).joined(separator: ", ")
      throw Failure(
        reason: "'\(reader.excerpt(token, redactor))' is none of the values of the tag '\(name)': \(known)")
    }
    return SeriesKey.Tag(name, value)
  }
}
