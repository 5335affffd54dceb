import AWSClients
import CacheSupport
import CommandLineSupport
import HTTPTransport
import Synchronization
import TimeSeriesCache

/// The two stores of a move, opened by the variables that the functions have.
struct MoveStores {
  let from: HistoryChoice
  let to: HistoryChoice
  let source: any HistoryStore
  let target: any HistoryStore
  /// What both are, in words that no other pair has.
  let names: String
  let directory: SeriesDirectory
  /// True where the source's list does not tell measurement and tags of series that are written.
  let needsDirectory: Bool
  /// What DynamoDB counted.
  let capacity = CapacityCount()

  init(_ arguments: Arguments, _ environment: ProcessEnvironment) throws {
    from = try Self.choice("from", arguments)
    to = try Self.choice("to", arguments)
    guard from != to else {
      throw Arguments.Failure(
        description: "--from and --to are both '\(from.rawValue)', whose variables name one store: give two")
    }
    let client = try AWSClient(environment: environment, http: CurlClient(environment: environment))
    let capacity = capacity
    func open(_ choice: HistoryChoice) throws -> any HistoryStore {
      let store = try choice.store(environment: environment, client: client)
      return (store as? ChunkHistory)?.telling { capacity.add($0) } ?? store
    }
    source = try open(from)
    target = try open(to)
    // The same names are in the local cloud, in another region, and in another account: a state of one is none of the others.
    let cloud = ["in \(client.region)"] + ["AWS_ENDPOINT_URL", "AWS_PROFILE"].compactMap { environment[$0] }
    names =
      "from \(Self.name(from, environment)) to \(Self.name(to, environment)) \(cloud.joined(separator: " "))"
    directory = SeriesDirectory(environment["IDENTIFIER_TABLE"].map { IdentifierRegistry(client, table: $0) })
    needsDirectory = from != .timestream
  }

  /// The stores' names, with commas between.
  static let known = HistoryChoice.allCases.map(\.rawValue).joined(separator: ", ")

  private static func choice(_ option: String, _ arguments: Arguments) throws -> HistoryChoice {
    guard let name = arguments[option] else {
      throw Arguments.Failure(description: "--\(option) is missing: give one of \(known)")
    }
    guard let choice = HistoryChoice.allCases.first(where: { $0.rawValue.hasSameBytes(as: name) }) else {
      throw Arguments.Failure(description: "--\(option) is '\(name)': give one of \(known)")
    }
    return choice
  }

  /// The store and where it is.
  private static func name(_ choice: HistoryChoice, _ environment: ProcessEnvironment) -> String {
    let places: [String]
    switch choice {
    case .timestream: places = ["TS_DB_NAME", "TS_TABLE_NAME", "database_name", "table_mapping", "single_table_name"]
    case .dynamodb: places = ["HISTORY_TABLE"]
    case .influxdb: places = ["INFLUX_URL", "INFLUX_DATABASE", "INFLUX_RETENTION_POLICY"]
    }
    return ([choice.rawValue] + places.compactMap { environment[$0] }).joined(separator: " ")
  }

  /// What Timestream bills for the questions of a move, in bytes; the other stores bill otherwise.
  func billed(_ totals: MoveTotals) -> Int64 {
    (from == .timestream ? totals.sourceBytes : 0) + (to == .timestream ? totals.targetBytes : 0)
  }

  /// A page of the series that are registered, each with measurement and tags where it is written.
  func registered(after start: String?, limit: Int) async throws(StoreError) -> SeriesPage {
    guard let registry = directory.registry else {
      throw StoreError(.failed, "--registered needs the table of the series: set IDENTIFIER_TABLE")
    }
    let page = try await registry.list(after: start.flatMap { try? Identifier($0) }, limit: limit)
    return SeriesPage(series: page.entries.map(\.series), next: page.next?.text)
  }

  /// The series with measurement and tags, where the identifiers' table says that it is written.
  func resolve(_ series: Series) async throws(StoreError) -> Series {
    guard series.key == nil, directory.registry != nil else { return series }
    return try await directory.series(of: series.identifier)
  }
}

/// The capacity that DynamoDB counted in this run.
final class CapacityCount: Sendable {
  private let units = Mutex<(read: Double, write: Double)>((0, 0))

  func add(_ consumed: ConsumedCapacity) {
    units.withLock { units in
      units.read += consumed.readUnits
      units.write += consumed.writeUnits
    }
  }

  var read: Double { units.withLock { $0.read } }
  var write: Double { units.withLock { $0.write } }
}
