package import CacheSupport

extension SourceDescription {
  /// A request before the others, whose answer gives values for the template of theirs.
  ///
  /// ```json
  /// "first": { "url": "https://api.example.com/houses/", "values": { "house": "/0/id" } }
  /// ```
  ///
  /// It has the headers, the timeout and the limits of the others. It is not made where the identifier's item has attributes of
  /// all these names.
  package struct First: Sendable, Hashable {
    /// Where to ask.
    package var url: URLTemplate
    /// The names of the values, and their places in the answer; ordered by the bytes of the names, 1 to 16.
    package var values: [Value]

    package struct Value: Sendable, Hashable {
      package var name: ByteText
      package var place: JSONPointer
    }

    /// The most values of a first request.
    static let maximumValues: Int = 16
    /// The longest value, in bytes.
    static let maximumValueBytes: Int = 1024
  }

  /// How each row of an answer becomes a sample of its own written series, with a measurement and tags.
  ///
  /// ```json
  /// "series": {
  ///   "measurement": "water",
  ///   "tags": {
  ///     "id": "/id",
  ///     "temperature": { "at": "/for_hot_water", "values": { "true": "hot", "false": "cold" } },
  ///     "location": { "value": "{location}" } },
  ///   "bucket": "meters" }
  /// ```
  package struct RowSeries: Sendable, Hashable {
    package var measurement: ByteText
    /// The bucket that owns the series; the source's name where the description names none.
    package var bucket: String
    /// Tags by their place in a row, ordered by the bytes of their names; at least one, for they tell the series apart.
    package var places: [TagPlace]
    /// Tags that all rows have; a template may name `{identifier}` and the item's attributes.
    package var constants: [TagConstant]

    package struct TagPlace: Sendable, Hashable {
      package var name: ByteText
      package var place: JSONPointer
      /// What is written in place of what a row has; nil takes it as it is.
      package var values: [ByteText: ByteText]?
    }

    package struct TagConstant: Sendable, Hashable {
      package var name: ByteText
      package var value: URLTemplate
    }

    /// The most tags: Timestream has as many dimensions at most.
    static let maximumTags: Int = 128
  }

  /// The shortest schedule of a source's own, and what every other is a multiple of: five minutes.
  package static let scheduleStep: Int64 = 300_000
}
