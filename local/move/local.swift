import CacheSupport
import CommandLineSupport
import Synchronization
import TimeSeriesCache

/// Copies history from one store to another, and compares both.
@main struct LocalMove {
  static let usage = """
    Usage: local-move --from STORE --to STORE [--identifier ID]… [--since TIME] [--until TIME]
           local-move --from STORE --to STORE --verify | --dry-run

    Copies the history of every series from one store to another: \(MoveStores.known).
    Each store is named by the variables that the functions have, such as TS_DB_NAME and TS_TABLE_NAME, or HISTORY_TABLE;
    IDENTIFIER_TABLE tells which series are written and not fetched. What is in the target already stays as it is, where a function fetched it or somebody
    wrote it there. A move that was ended goes on when it is started again; one that is repeated changes nothing. The
    exit status is 1 where anything is left to do, failed, was rejected, or differs.

    Examples:
      local-move --from timestream --to dynamodb --dry-run
      local-move --from timestream --to dynamodb --since 2020-01-01
      local-move --from timestream --to dynamodb --identifier greenwich --until now-1h --verify
    """

  static let options: [Arguments.Option] = [
    .init("from", value: "STORE", "where the history is: \(MoveStores.known)"),
    .init("to", value: "STORE", "where it is to be"),
    .init("identifier", value: "ID", "a series to move; may come 1000 times (default: all that the source lists)"),
    .init(
      "registered", "move the series of IDENTIFIER_TABLE; to list those of a large table costs Timestream's whole scan"),
    .init("since", value: "TIME", "the first time to move: ISO 8601, epoch milliseconds, now-30d (default: all)"),
    .init("until", value: "TIME", "the last time to move (default: all)"),
    .init("verify", "compare both stores row by row, and write nothing"),
    .init("dry-run", "count the source's rows, and ask the target nothing"),
    .init("overwrite", "replace what was written to the target before this move where it differs"),
    .init("progress", value: "FILE", "where the state is kept until all is done (default local-move.FROM-TO.json)"),
    .init("series-at-once", value: "N", "series that are under way at once, 1 to 64 (default 4)"),
    .init("page-rows", value: "N", "rows of a page, 100 to 100000 (default 10000); Timestream bills each page"),
  ]

  /// The most identifiers that are named.
  static let mostIdentifiers: Int = 1000

  static func main() async {
    await Program.run("local-move", options: options, usage: usage) { try await run($0, $1) }
  }

  /// - Returns: false where anything is left to do.
  static func run(_ arguments: Arguments, _ environment: ProcessEnvironment) async throws -> Bool {
    _ = try arguments.positional(atMost: 0)
    let action = try action(arguments)
    let named = try identifiers(arguments)
    var moveOptions = HistoryMove.Options()
    moveOptions.action = action
    moveOptions.seriesAtOnce = try number("series-at-once", arguments, default: 4, in: 1...64)
    moveOptions.pageRows = try number("page-rows", arguments, default: 10_000, in: 100...100_000)
    moveOptions.series = named
    let now = WallClock.system.now
    let begun = MoveState(
      task: "", range: try range(arguments, now),
      version: HistoryMove.version(now: now, overwrites: arguments.has("overwrite")))
    let stores = try MoveStores(arguments, environment)
    let file = action == .copy ? file(arguments) : nil
    var state = begun
    state.task = task(arguments, stores, named)
    if let before = try file?.read(task: state.task) {
      Output.errorLine("going on from \(file?.path ?? ""): \(before.totals.series) series are through")
      state = before
    }
    if stores.needsDirectory || named != nil, stores.directory.registry == nil {
      Output.errorLine("IDENTIFIER_TABLE is not set: every series counts as fetched, none as written")
    }
    var list: HistoryMove.List?
    if arguments.has("registered") {
      guard named == nil else { throw Arguments.Failure(description: "give --identifier or --registered, not both") }
      list = { start, limit async throws(StoreError) in try await stores.registered(after: start, limit: limit) }
    }
    let move = HistoryMove(
      from: stores.source, to: stores.target, moveOptions, list: list,
      resolve: { series async throws(StoreError) in
        stores.needsDirectory || named != nil ? try await stores.resolve(series) : series
      },
      sleep: { duration in try? await Task.sleep(for: duration) })
    return try await run(move, state, file, action, stores)
  }

  private static func run(
    _ move: HistoryMove, _ state: MoveState, _ file: MoveFile?, _ action: HistoryMove.Action,
    _ stores: MoveStores
  ) async throws -> Bool {
    if action == .verify, !move.areBothFine {
      Output.errorLine("one of the stores keeps no finer times: rows are compared by the millisecond")
    }
    let stop = MoveStop()
    Signals.listen(limit: nil)
    Task {
      await Signals.waitForEnd()
      Output.errorLine("\nending after the pages that are under way")
      stop.request()
    }
    let progress = ProgressLine(state.totals, stores)
    var save: (@Sendable (MoveState) throws -> Void)?
    if let file { save = { state in try file.write(state) } }
    let report = try await move.run(state, stop: stop, save: save) { progress.show($0, known: $1) }
    progress.finish(report.totals)
    Output.line(MoveSummary.text(of: report, action, stores))
    switch report.ending {
    case .finished:
      if report.failures.isEmpty { try file?.remove() }
    case .stopped: Output.errorLine("ended before the end" + (file.map { "; \(resume($0))" } ?? ""))
    case .tooManyFailed:
      Output.errorLine("too many series failed" + (file.map { "; \(resume($0))" } ?? ""))
      return false
    }
    if !report.failures.isEmpty, let file { Output.errorLine("some series failed; \(resume(file))") }
    return report.isGood
  }

  private static func resume(_ file: MoveFile) -> String {
    "the same command goes on from \(file.path)"
  }

  private static func action(_ arguments: Arguments) throws -> HistoryMove.Action {
    switch (arguments.has("verify"), arguments.has("dry-run")) {
    case (true, true): throw Arguments.Failure(description: "give --verify or --dry-run, not both")
    case (true, false): .verify
    case (false, true): .count
    case (false, false): .copy
    }
  }

  private static func identifiers(_ arguments: Arguments) throws -> [Series]? {
    let names = arguments.all("identifier")
    guard names.count <= mostIdentifiers else {
      throw Arguments.Failure(description: "--identifier came \(names.count) times: \(mostIdentifiers) are the most")
    }
    return names.isEmpty ? nil : try names.map { Series(try Identifier($0)) }
  }

  private static func range(_ arguments: Arguments, _ now: Int64) throws -> TimeRange {
    let from = try instant("since", arguments, now) ?? TimeExpression.bounds.lowerBound
    let to = try instant("until", arguments, now) ?? TimeExpression.bounds.upperBound
    guard let range = TimeRange(from: from, to: to) else {
      throw Arguments.Failure(description: "--since lies after --until")
    }
    return range
  }

  private static func instant(_ option: String, _ arguments: Arguments, _ now: Int64) throws -> Int64? {
    guard let text = arguments[option] else { return nil }
    do { return try TimeExpression.instant(text, now: now) } catch {
      throw Arguments.Failure(
        description: "--\(option) is '\(text)': give ISO 8601, epoch milliseconds, or a time such as now-30d")
    }
  }

  private static func number(
    _ option: String, _ arguments: Arguments, default: Int, in range: ClosedRange<Int>
  ) throws -> Int {
    guard let text = arguments[option] else { return `default` }
    guard let number = Int(text), range.contains(number) else {
      throw Arguments.Failure(
        description: "--\(option) is '\(text)': give a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  private static func file(_ arguments: Arguments) -> MoveFile {
    MoveFile(
      path: arguments["progress"] ?? "local-move.\(arguments["from"] ?? "")-\(arguments["to"] ?? "").json")
  }

  /// What is moved, in words that no other move has.
  private static func task(_ arguments: Arguments, _ stores: MoveStores, _ named: [Series]?) -> String {
    var words = [stores.names]
    for option in ["since", "until"] { if let text = arguments[option] { words.append("\(option) \(text)") } }
    if arguments.has("overwrite") { words.append("overwriting") }
    if arguments.has("registered") { words.append("of those that are registered") }
    if let named { words.append("of \(JSON.array(named.map { .string($0.identifier.text) }).text)") }
    return words.joined(separator: ", ")
  }
}

/// Shows how far a move is, from whichever series a page was copied.
private final class ProgressLine: Sendable {
  private let progress = Mutex<Progress?>(Progress("rows"))
  /// What earlier runs have done, which counts in no rate.
  private let before: Int

  private let stores: MoveStores

  init(_ before: MoveTotals, _ stores: MoveStores) {
    self.before = before.rows
    self.stores = stores
  }

  func show(_ totals: MoveTotals, known: Int) {
    progress.withLock { $0?.update(totals.rows - before, note(totals, known)) }
  }

  func finish(_ totals: MoveTotals) {
    let text = note(totals, totals.series)
    progress.withLock { progress in progress.take()?.finish(totals.rows - before, text) }
  }

  private func note(_ totals: MoveTotals, _ known: Int) -> String {
    let billed = stores.billed(totals)
    let bytes = billed > 0 ? ", \(billed / 1_000_000) MB metered" : ""
    return ", series \(totals.series) of \(known)\(bytes)"
  }
}
