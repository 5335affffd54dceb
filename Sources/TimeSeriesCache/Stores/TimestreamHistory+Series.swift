import AWSClients
import CacheSupport

extension TimestreamHistory {
  /// Tables that one page asks at the most: a page may have few series, or none, and a next one.
  static let tablesPerPage: Int = 50

  /// First the series that sources know, by identifier, then those that are written, table by table.
  ///
  /// One question finds the different dimensions of a whole table: Timestream bills it as it does for reading them all. In a table of written
  /// series those of other writers are listed too, because they can be read as well; what no series can be called is left out.
  ///
  /// - Throws: ``StoreError`` where Timestream fails, or `start` is no place in this list.
  public func series(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    let limit = min(max(limit, 1), 1000)
    var page = SeriesPage(series: [])
    var place = try start.map { text throws(StoreError) in try SeriesPlace(text) } ?? .source(after: nil)
    if case .source(let last) = place {
      let texts = try await sourceSeries(after: last, limit: limit + 1, &page)
      page.series = texts.prefix(limit).compactMap { try? Series(Identifier($0)) }
      if texts.count > limit {
        page.next = SeriesPlace.source(after: texts[limit - 1]).text
        return page
      }
      place = .written(table: "", after: nil)
    }
    guard case .written(let first, var after) = place else { return page }
    let tables = try await writtenTables(&page).filter { $0 >= first }
    for (index, table) in tables.enumerated() {
      let left = limit - page.series.count
      guard left > 0, index < Self.tablesPerPage else {
        page.next = SeriesPlace.written(table: table, after: nil).text
        return page
      }
      let found = try await writtenSeries(in: table, after: table == first ? after : nil, limit: left + 1, &page)
      page.series += found.prefix(left).compactMap { series(of: $0, in: table) }
      if found.count > left {
        page.next = SeriesPlace.written(table: table, after: found[left - 1]).text
        return page
      }
      after = nil
    }
    return page
  }

  /// Identifiers of the fetched table, ordered by their bytes.
  private func sourceSeries(
    after last: String?, limit: Int, _ page: inout SeriesPage
  ) async throws(StoreError) -> [String] {
    let identifier = TimestreamExpression.column(Self.dimension)
    var question = TimestreamQuery(fetched).select(identifier).where(.isPresent(identifier)).where(isOfSource)
    if let last { question = question.where(.compare(identifier, .greater, .literal(.text(last)))) }
    return try await texts(question.group(by: identifier).order(by: identifier).limit(limit), &page)
  }

  /// Which records of the fetched table are not of written series; nil where none are.
  private var isOfSource: TimestreamCondition? {
    guard mapping.database.hasSameBytes(as: fetched.database.text) else { return nil }
    let own = TimestreamLiteral.text(Self.measureName.text)
    switch mapping.tables {
    case .multiple(let name):
      return name.hasSameBytes(as: Self.measureName.text)
        ? nil : .compare(.measureName, .notEqual, .literal(.text(name)))
    case .single(let table):
      return table.hasSameBytes(as: fetched.table.text) ? .compare(.measureName, .equal, .literal(own)) : nil
    }
  }

  /// The tables in which written series are, ordered by the bytes of their names.
  private func writtenTables(_ page: inout SeriesPage) async throws(StoreError) -> [ByteText] {
    let measureName: String
    switch mapping.tables {
    case .single(let table): return [ByteText(table)]
    case .multiple(let name): measureName = name
    }
    do throws(AWSError) {
      let answer = try await query.rows(TimestreamTable.list(of: ByteText(mapping.database)))
      page.bytesMetered += answer.bytesMetered
      // Without a measure name of their own, written series in the fetched table cannot be told apart: they count as the source's.
      let other = measureName.hasSameBytes(as: Self.measureName.text) ? fetched : nil
      return answer.rows.compactMap { $0.first?.text.map { ByteText($0) } }.sorted()
        .filter { TimestreamTable(database: ByteText(mapping.database), table: $0) != other }
    } catch {
      if error.isMissingTable { return [] }
      throw StoreError(error)
    }
  }

  /// The different dimensions of a table's records, in an order that a column which is added does not change for the others.
  private func writtenSeries(
    in table: ByteText, after last: RecordNames?, limit: Int, _ page: inout SeriesPage
  ) async throws(StoreError) -> [RecordNames] {
    let place = TimestreamTable(database: ByteText(mapping.database), table: table)
    let shared = if case .single = mapping.tables { [RecordNames.measureName] } else { [ByteText]() }
    let answer = try await schemas.asking(place, having: []) {
      schema async throws(StoreError) -> (found: [RecordNames], bytesMetered: Int64) in
      guard !schema.dimensions.isEmpty else { return ([], 0) }
      let columns = shared + schema.dimensions
      let text = TimestreamExpression.column(Self.seriesText)
      var question = TimestreamQuery(
        TimestreamQuery(place).select(RecordNames.text(of: columns), as: Self.seriesText).where(isWritten(in: place)))
      question = question.select(text).group(by: text).order(by: text).limit(limit)
      if let last {
        question = question.where(.compare(text, .greater, .literal(.text(try last.text(in: columns)))))
      }
      var some = SeriesPage(series: [])
      let texts = try await texts(question, &some)
      return (texts.map { RecordNames(columns: columns, text: $0) }, some.bytesMetered)
    }
    page.bytesMetered += answer?.bytesMetered ?? 0
    return answer?.found ?? []
  }

  private static let seriesText: ByteText = "ts_series"

  /// Which records of a table are of written series; nil where all are.
  private func isWritten(in table: TimestreamTable) -> TimestreamCondition? {
    guard table == fetched else { return nil }
    return switch mapping.tables {
    case .multiple(let name): .equal("measure_name", ByteText(name))
    case .single: .compare(.measureName, .notEqual, .literal(.text(Self.measureName.text)))
    }
  }

  /// The series that is kept under these names; nil where none can be.
  private func series(of names: RecordNames, in table: ByteText) -> Series? {
    guard var values = names.values else { return nil }
    let measurement = values.removeValue(forKey: RecordNames.measureName) ?? table
    let dimensions = values.map { SeriesKey.Tag($0, $1) }
    guard let bare = SeriesKey(measurement: measurement), !dimensions.isEmpty else { return nil }
    let isBare = dimensions == TimestreamMapping.dimensions(of: bare)
    guard let key = isBare ? bare : SeriesKey(measurement: measurement, tags: dimensions) else { return nil }
    return try? Series(key)
  }

  /// The one column of an answer.
  private func texts(_ question: TimestreamQuery, _ page: inout SeriesPage) async throws(StoreError) -> [String] {
    var texts: [String] = []
    var metered: Int64 = 0
    try await ask(question) { answer throws(AWSError) in
      metered = max(metered, answer.bytesMetered)
      var rows = answer.rows
      while try rows.nextRow() {
        while let cell = try rows.nextCell() { if let text = try rows.text(cell) { texts.append(text) } }
      }
    }
    page.bytesMetered += metered
    return texts
  }
}
