import AWSClients
import CacheSupport

extension DynamoDBForecast {
  /// One Query: up to `limit` items or 1 MB, before expired ones are left out.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or an item cannot be read.
  public func page(
    of identifier: Identifier, in range: TimeRange, limit: Int, now: Int64
  ) async throws(StoreError) -> ForecastPage {
    var query = DynamoDBClient.Query(
      table: table, keyCondition: "#id = :id AND #time BETWEEN :from AND :to", filter: "#expiry > :now",
      projection: "#time, #values",
      names: ["#id": "identifier", "#time": "time", "#expiry": "expiry", "#values": "values"],
      values: [
        ":id": .s(identifier.text), ":from": .n(Self.seconds(range.from)), ":to": .n(Self.seconds(range.to)),
        ":now": .n(now / 1000),
      ])
    query.limit = limit
    var page = ForecastPage(samples: [])
    try await forEachAnswer(query) { answer throws(AWSError) in
      page.samples = try ForecastReading.samples(answer)
      page.next = try answer.lastKey.map { key throws(AWSError) in try ForecastReading.time(key) + 1 }
      return false
    }
    if let next = page.next, next > range.to { page.next = nil }
    return page
  }

  /// Reads one item at the most.
  ///
  /// A forecast is never earlier than its fetch, so that it expires seven days after its own time: one of the last seven days
  /// has not expired, and no other one has not.
  ///
  /// - Throws: ``StoreError`` where DynamoDB fails, or an item cannot be read.
  public func hasAny(_ identifier: Identifier, now: Int64) async throws(StoreError) -> Bool {
    var query = DynamoDBClient.Query(
      table: table, keyCondition: "#id = :id AND #time > :time", projection: "#time",
      names: ["#id": "identifier", "#time": "time"],
      values: [":id": .s(identifier.text), ":time": .n(Self.seconds(now - Self.keptSeconds * 1000))])
    query.limit = 1
    var hasAny = false
    try await forEachAnswer(query) { answer throws(AWSError) in
      hasAny = try !ForecastReading.times(answer).isEmpty
      return false
    }
    return hasAny
  }

  /// Hands over page after page while the body wants more.
  func forEachAnswer(
    _ query: DynamoDBClient.Query, _ body: (DynamoDBAnswer) throws(AWSError) -> Bool
  ) async throws(StoreError) {
    do throws(AWSError) {
      var start: Item?
      repeat {
        let answer = try await client.answer(query, after: start)
        start = answer.lastKey
        guard try body(answer) else { break }
      } while start != nil
    } catch { throw StoreError(error) }
  }
}

/// Forecasts as items of DynamoDB: attributes `time` (N, epoch seconds) and `values` (M, by measure).
enum ForecastReading {
  private static let operation: String = "DynamoDB_20120810.Query"

  /// Epoch milliseconds of every item's key.
  static func times(_ answer: DynamoDBAnswer) throws(AWSError) -> [Int64] {
    var times: [Int64] = []
    var items = answer.items
    while try items.nextItem() {
      var time: Int64?
      while try items.nextAttribute() {
        let isTime = items.reader.isNamed("time")
        if case .n(let token) = try items.value(), isTime {
          time = items.reader.double(token).flatMap { milliseconds($0) }
        }
      }
      guard let time else { throw noTime }
      times.append(time)
    }
    return times
  }

  /// The samples of a page; items without a value that can be read are none.
  static func samples(_ answer: DynamoDBAnswer) throws(AWSError) -> [Sample] {
    var samples: [Sample] = []
    // Rows of a series have mostly the same names: those of the row before are used again.
    var names: [String] = []
    var items = answer.items
    while try items.nextItem() {
      var time: Int64?
      var measures: [Measure] = []
      while try items.nextAttribute() {
        if items.reader.isNamed("values") {
          guard try items.beginMap() else { continue }
          measures = try self.measures(&items, &names)
          try items.endMap()
        } else if items.reader.isNamed("time") {
          guard case .n(let token) = try items.value() else { continue }
          time = items.reader.double(token).flatMap { milliseconds($0) }
        } else {
          _ = try items.value()
        }
      }
      guard let time else { throw noTime }
      samples.add(Sample(time: time, measures: measures))
    }
    return samples
  }

  private static func measures(
    _ items: inout DynamoDBItems, _ names: inout [String]
  ) throws(AWSError) -> [Measure] {
    var measures: [Measure] = []
    measures.reserveCapacity(names.count)
    var place = 0
    while try items.nextAttribute() {
      if place == names.count || !items.reader.equals(items.reader.memberToken, bytesOf: ByteText(names[place])) {
        names.removeSubrange(place...)
        do throws(JSONError) { names.append(try items.reader.memberName()) } catch { throw unreadable(error) }
      }
      if let value = try measure(try items.value(), items) { measures.append(Measure(names[place], value)) }
      place += 1
    }
    let isOrdered = zip(measures, measures.dropFirst()).allSatisfy { ByteText($0.name) < ByteText($1.name) }
    if !isOrdered { measures.sort { ByteText($0.name) < ByteText($1.name) } }
    return measures
  }

  /// Integers, and doubles whose exponent DynamoDB cannot keep, are maps of one type and value.
  private static func measure(
    _ value: DynamoDBItems.Value, _ items: borrowing DynamoDBItems
  ) throws(AWSError) -> MeasureValue? {
    switch value {
    case .n(let token): return items.reader.double(token).map { .double($0) }
    case .bool(let flag): return .boolean(flag)
    case .s(let token):
      do throws(JSONError) { return .varchar(try items.reader.text(token)) } catch { throw unreadable(error) }
    case .m(let position):
      var inner = try items.map(at: position)
      var found: MeasureValue?
      while try inner.nextAttribute() {
        let (isBigint, isDouble) = (inner.reader.isNamed("bigint"), inner.reader.isNamed("double"))
        switch try inner.value() {
        case .n(let token) where isBigint: found = inner.reader.int64(token).map { .bigint($0) }
        case .s(let token) where isDouble: found = inner.reader.double(token).map { .double($0) }
        default: break
        }
      }
      return found
    case .b, .l, .other: return nil
    }
  }

  /// Epoch milliseconds of an item's key.
  static func time(_ key: Item) throws(AWSError) -> Int64 {
    guard let text = key["time"]?.number, let seconds = Double(text), let time = milliseconds(seconds) else {
      throw noTime
    }
    return time
  }

  private static func milliseconds(_ seconds: Double) -> Int64? { Int64(exactly: (seconds * 1000).rounded()) }

  private static var noTime: AWSError {
    AWSError(.unexpectedAnswer, "an item of the forecasts' table has no number as its time", operation: operation)
  }

  private static func unreadable(_ error: JSONError) -> AWSError {
    AWSError(.unexpectedAnswer, "an item cannot be read: \(error)", operation: operation)
  }
}
