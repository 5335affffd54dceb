import CacheSupport
import Synchronization

/// What is known of a measurement: the fields and tags of all of its series, of all writers.
struct InfluxSchema: Sendable, Hashable {
  /// Ordered by name and type, without the cache's own; a field may have several types.
  var fields: [InfluxField] = []
  /// The names of the tags.
  var tags: [ByteText] = []

  /// True where a field has no other type.
  func isOnly(_ field: InfluxField) -> Bool { fields.count { $0.name == field.name } == 1 }
}

/// The measurements that were asked about, for a minute: what is stale is found by what points say of themselves.
final class InfluxSchemas: Sendable {
  private struct Known {
    var schema: InfluxSchema
    var until: Int64
  }

  private let known = Mutex<[ByteText: Known]>([:])
  private let clock: WallClock

  /// Milliseconds.
  static let lifetime: Int64 = 60_000
  /// Measurements that are remembered.
  static let most: Int = 1000

  init(_ clock: WallClock) { self.clock = clock }

  func known(_ measurement: ByteText) -> InfluxSchema? {
    let now = clock.now
    return known.withLock { known in
      guard let entry = known[measurement], now < entry.until else { return nil }
      return entry.schema
    }
  }

  func remember(_ schema: InfluxSchema, of measurement: ByteText) {
    let now = clock.now
    known.withLock { known in
      if known.count >= Self.most { known = known.filter { now < $0.value.until } }
      if known.count >= Self.most { known.removeAll() }
      known[measurement] = Known(schema: schema, until: now + Self.lifetime)
    }
  }
}

extension InfluxHistory {
  /// The schema of a measurement, as it is known or as it is now.
  ///
  /// - Parameter isFresh: true asks in any case.
  func schema(of measurement: ByteText, isFresh: Bool = false) async throws(StoreError) -> InfluxSchema {
    if !isFresh, let schema = schemas.known(measurement) { return schema }
    let name = InfluxQL.name(measurement.text)
    var question = InfluxQuestion("SHOW FIELD KEYS FROM \(name)")
    question.ask("SHOW TAG KEYS FROM \(name)")
    let answer = try await connection.ask(question)
    var schema = InfluxSchema()
    for block in answer.blocks where block.name == measurement {
      var rows = answer.rows(of: block)
      while try rows.next() {
        guard let name = try rows.text(0).map({ ByteText($0) }) else { continue }
        if block.statement == 1 {
          schema.tags.append(name)
        } else if name != InfluxPlace.version, name != InfluxPlace.fields, block.columns.count > 1,
          let type = try rows.text(1).flatMap({ InfluxType(rawValue: $0) })
        {
          schema.fields.append(InfluxField(name: name, type: type))
        }
      }
    }
    schema.fields.sort()
    // What is not there may be there a moment later.
    if !schema.fields.isEmpty { schemas.remember(schema, of: measurement) }
    return schema
  }
}
