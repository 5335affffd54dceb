import AWSClients
import CacheSupport

/// What bins, statistics and conditions have in common: rows of the merged millisecond, and columns measure by measure.
extension TimestreamHistory {
  /// The names of the columns that a query adds by itself.
  static let rowTime: ByteText = "ts_time"

  /// Measures that one question works out: more of them would make its text too long.
  static let measuresPerQuestion: Int = 24
  /// Measures of a table from which on it is asked first which of them a series has.
  static let mostUnasked: Int = 24

  /// One row for each millisecond, as ``rows(of:in:limit:)`` merges the records: of each measure the latest value, the cache's own before
  /// those of other writers.
  func merged(
    _ place: RecordPlace, _ condition: TimestreamCondition, in range: TimeRange?, _ measures: [ByteText]
  ) -> TimestreamQuery {
    var query = TimestreamQuery(place.table).select(.bin(.time, milliseconds: 1), as: Self.rowTime)
    let isOurs = TimestreamCondition.equal("measure_name", ByteText(place.measureName))
    let rank = TimestreamExpression.when(
      isOurs, then: .infix(.time, .plus, .literal(.duration(1))), otherwise: .time)
    for name in measures {
      let value = TimestreamExpression.column(name)
      query = query.select(.atGreatest(value, by: .when(.isPresent(value), then: rank, otherwise: nil)), as: name)
    }
    query = query.where(condition)
    if let range { query = query.within(range) }
    return query.group(by: .bin(.time, milliseconds: 1))
  }

  /// Asks about the measures that a series may have, some of them at a time.
  ///
  /// - Parameters:
  ///   - measures: which ones; nil for every measure.
  ///   - range: where their values are, if it is known.
  ///   - question: gets the condition that a record is the series', all measures that are asked for, and those of them that it is about.
  /// - Returns: what the questions gave; empty for a series that has no table. Nil where only the rows can tell: single-measure records
  ///   have their values in columns that several measures share, and very many measures make a question too long.
  func askAboutMeasures<Answer: Sendable>(
    of series: Series, _ measures: Set<ByteText>?, in range: TimeRange?,
    _ question: @Sendable (MeasureQuestion) async throws(StoreError) -> Answer
  ) async throws(StoreError) -> [Answer]? {
    let place = place(of: series)
    let dimensions = place.dimensions.map(\.name)
    let answers = try await schemas.asking(place.table, having: dimensions) {
      schema async throws(StoreError) -> [Answer]? in
      if schema.hasSingleMeasures { return nil }
      let condition = series.key == nil ? condition(place) : condition(place, schema)
      var names = schema.measures.keys.filter { measures?.contains($0) ?? true }.sorted()
      if names.count > Self.mostUnasked { names = try await present(names, place, condition, in: range) }
      if measures != nil, names.count > Self.measuresPerQuestion { return nil }
      var answers: [Answer] = []
      for start in stride(from: 0, to: names.count, by: Self.measuresPerQuestion) {
        let some = Array(names[start..<min(start + Self.measuresPerQuestion, names.count)])
        answers.append(
          try await question(
            MeasureQuestion(place: place, condition: condition, names: some, schema: schema)))
      }
      return answers
    }
    guard let answers else { return [] }
    return answers
  }

  /// A part of the measures that a question is about.
  struct MeasureQuestion: Sendable {
    let place: RecordPlace
    /// That a record is the series'.
    let condition: TimestreamCondition
    let names: [ByteText]
    let schema: TimestreamSchema

    func type(_ name: ByteText) -> String { schema.measures[name] ?? "VARCHAR" }
  }

  /// Those of many measures that have a value in a range.
  private func present(
    _ names: [ByteText], _ place: RecordPlace, _ condition: TimestreamCondition, in range: TimeRange?
  ) async throws(StoreError) -> [ByteText] {
    var present: [ByteText] = []
    for start in stride(from: 0, to: names.count, by: Self.countsPerQuestion) {
      let some = names[start..<min(start + Self.countsPerQuestion, names.count)]
      var question = TimestreamQuery(place.table).where(condition)
      if let range { question = question.within(range) }
      for name in some { question = question.select(.aggregate(.count, .column(name))) }
      try await ask(question) { answer throws(AWSError) in
        var rows = answer.rows
        while try rows.nextRow() {
          var index = some.startIndex
          while let cell = try rows.nextCell() {
            if case .bigint(let count)? = try rows.value(cell, "BIGINT"), count > 0 { present.append(some[index]) }
            index += 1
          }
        }
      }
    }
    return present
  }

  private static let countsPerQuestion: Int = 200
}
