import AWSClients
import CacheSupport
import CommandLineSupport
import Foundation
import HTTPTransport
import TimeSeriesCache

/// Runs a saved query against whatever cloud the environment names.
@main struct LocalQuery {
  static let usage = """
    Usage: local-query NAME [--parameter K=V]… [--format table|csv]
           local-query --list

    Runs a saved query of Infra/queries and prints what it finds. The database is TS_DB_NAME, else TimeSeriesDB. Saved
    queries are SQL of Timestream: with history in another store (HISTORY_STORE) there is nothing to ask.

    Examples:
      local-query --list
      local-query temperature-trend --parameter bin=1h --format csv
      local-query anomalies --parameter measure=pressure --show
    """

  static let options: [Arguments.Option] = [
    .init("list", "print the queries, and the parameters of each"),
    .init("parameter", value: "K=V", "a parameter of the query; may come several times"),
    .init("format", value: "FORMAT", "table (default) or csv"),
    .init("database", value: "NAME", "the Timestream database, in place of TS_DB_NAME"),
    .init("folder", value: "DIR", "where the queries are (default Infra/queries)"),
    .init("show", "print the SQL, and do not run it"),
  ]

  /// The most rows of a table, which is held whole; CSV is written page by page.
  static let maximumRows = 10_000

  static func main() async {
    await Program.run("local-query", options: options, usage: usage) { arguments, environment in
      try await run(arguments, environment)
      return true
    }
  }

  static func run(_ arguments: Arguments, _ environment: ProcessEnvironment) async throws {
    let folder = arguments["folder"] ?? "Infra/queries"
    let names = try queries(in: folder)
    if arguments.has("list") {
      _ = try arguments.positional(atMost: 0)
      return try list(names, in: folder)
    }
    let known = names.joined(separator: ", ")
    guard let name = try arguments.positional(atMost: 1).first else {
      throw Arguments.Failure(description: "name a query: \(known)")
    }
    guard names.contains(where: { $0.hasSameBytes(as: name) }) else {
      throw Arguments.Failure(description: "there is no query '\(name)' in \(folder); there are \(known)")
    }
    let format = arguments["format"] ?? "table"
    guard ["table", "csv"].contains(format) else {
      throw Arguments.Failure(description: "--format is '\(format)': give table or csv")
    }
    let values = try arguments.all("parameter").map { word in
      let parts = Arguments.parts(of: word)
      guard parts.count == 2 else { throw Arguments.Failure(description: "--parameter is '\(word)': give K=V") }
      return (parts[0], parts[1])
    }
    let database = arguments["database"] ?? environment["TS_DB_NAME"] ?? "TimeSeriesDB"
    let sql = try read(name, in: folder).sql(values, database: database, now: WallClock.system.now)
    if arguments.has("show") { return Output.line(sql) }
    // To ask a Timestream that is not the history would find nothing, or what is no longer written.
    let store = try HistoryChoice(environment: environment)
    guard store == .timestream else {
      throw Arguments.Failure(
        description:
          "saved queries are SQL of Timestream, and HISTORY_STORE is \(store.rawValue): ask the API in its place (bin, where, latest, statistics)"
      )
    }
    let client = try AWSClient(environment: environment, http: CurlClient(environment: environment))
    try await run(sql, TimestreamQueryClient(client), isCSV: format == "csv")
  }

  private static func run(_ sql: String, _ client: TimestreamQueryClient, isCSV: Bool) async throws {
    guard isCSV else {
      let page = try await client.rows(sql, limit: maximumRows)
      for line in QueryTable.text(page.columns.map(\.name), page.rows) { Output.line(line) }
      return Output.line("(\(page.rows.count) row\(page.rows.count == 1 ? "" : "s"))")
    }
    var isFirst = true
    try await client.forEachPage(sql) { page throws(AWSError) in
      if isFirst { Output.line(QueryTable.csv(page.columns.map(\.name)) + "\r") }
      isFirst = false
      for row in page.rows { Output.line(QueryTable.csv(row.map(QueryTable.text)) + "\r") }
    }
  }

  private static func list(_ names: [String], in folder: String) throws {
    for name in names {
      let query = try read(name, in: folder)
      Output.line("\(name)\n  \(query.words.joined(separator: "\n  "))")
      for parameter in query.parameters {
        let standard = parameter.standard.map { " (default \($0))" } ?? ", required"
        Output.line(
          "    --parameter \(parameter.name)=\(parameter.kind.rawValue.uppercased())  \(parameter.words)\(standard)")
      }
    }
  }

  private static func queries(in folder: String) throws -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }
        .map { String($0.dropLast(4)) }.sorted()
    } catch { throw Arguments.Failure(description: "the folder \(folder) cannot be read; --folder names another") }
  }

  private static func read(_ name: String, in folder: String) throws -> SavedQuery {
    let file = "\(folder)/\(name).sql"
    let text = try TextFile.read(file, limit: 64 << 10)
    do throws(SavedQuery.Failure) { return try SavedQuery(text) } catch {
      throw Arguments.Failure(description: "\(file): \(error)")
    }
  }
}
