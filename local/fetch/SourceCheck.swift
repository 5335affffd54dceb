import AWSClients
import CacheSupport
import CommandLineSupport
import HTTPTransport
import TimeSeriesCache

/// Asks a source as a fetch does, stores nothing, and prints what it gave.
enum SourceCheck {
  /// Where the sources are described here, AWS is asked for nothing but keys and items that the environment names, and a
  /// machine that knows no region can check its descriptions all the same.
  static func finder(_ environment: ProcessEnvironment, _ http: CurlClient) throws -> SourceFinder {
    let logger = LocalRun.logger(environment)
    do { return try SourceFinder(environment: environment, http: http, logger: logger) } catch let error as AWSError {
      guard error.code == .configuration, environment["SOURCES"] != nil, environment["IDENTIFIER_TABLE"] == nil else {
        throw error
      }
      let environment = environment.merging(["AWS_REGION": "no-region-is-set"])
      return try SourceFinder(environment: environment, http: http, logger: logger)
    }
  }

  /// Attributes by name, each in place of the one that the identifier's item has.
  ///
  /// - Throws: `Arguments.Failure` for words that are not NAME=VALUE, and for names that the table keeps for itself.
  static func attributes(_ arguments: Arguments) throws(Arguments.Failure) -> [ByteText: String] {
    var attributes: [ByteText: String] = [:]
    for word in arguments.all("attribute") {
      let parts = Arguments.parts(of: word)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw Arguments.Failure(description: "--attribute is '\(word)': give NAME=VALUE")
      }
      let name = ByteText(parts[0])
      guard name == sourceName || !SeriesEntry.ownNames.contains(name) else {
        throw Arguments.Failure(description: "--attribute \(parts[0]): the table keeps this name for itself")
      }
      attributes[name] = parts[1]
    }
    return attributes
  }

  /// The attribute that names an identifier's source.
  private static let sourceName: ByteText = "source"

  /// What the table says of an identifier, and in its place what the command line says.
  private static func entry(
    of identifier: Identifier, _ given: [ByteText: String], _ sources: SourceFinder
  ) async throws -> SeriesEntry? {
    let known = try await sources.entry(of: identifier)
    guard !given.isEmpty else { return known }
    var entry = known ?? SeriesEntry(identifier)
    entry.source = given[sourceName] ?? entry.source
    entry.attributes.merge(given.filter { $0.key != sourceName }) { $1 }
    return entry
  }

  /// - Parameter attributes: of the identifier's item, in place of those that it has.
  /// - Returns: false where the source could not be read as it is described.
  static func run(
    _ identifier: Identifier, with attributes: [ByteText: String], _ sources: SourceFinder
  ) async -> Bool {
    Output.line("\(identifier)")
    let pages: SourcePages
    do {
      let entry = try await entry(of: identifier, attributes, sources)
      pages = try await sources.pages(of: identifier, entry, now: WallClock.system.now)
    } catch {
      Output.line("  failed: \(error)\(remedy(error))")
      return false
    }
    let window = pages.window
    show("source", "\(pages.source.name), \(FetchSummary.time(window.from)) to \(FetchSummary.time(window.to))")
    let report = await SourceReport.asking(pages, told: show)
    show(report)
    return report.isGood
  }

  private static func remedy(_ error: any Error) -> String {
    (error as? SourceError)?.missingAttribute.map { "; give it with --attribute \($0)=VALUE" } ?? ""
  }

  /// What is known while the source is being asked.
  private static func show(_ step: SourceReport.Step) {
    switch step {
    case .first(let page, let values):
      show("asked", page)
      for value in values { show("", "\(value.name) is \(value.value)") }
    case .page(let page): show("page \(page.number)", page)
    case .series(let name): show("series", name)
    }
  }

  private static func show(_ name: String, _ page: SourcePages.Page) {
    show(name, page.url)
    guard let milliseconds = page.milliseconds else { return }
    let status = page.status.map { "status \($0)" } ?? "no answer"
    show("", status + (page.bytes.map { ", \($0) bytes" } ?? "") + ", \(milliseconds) ms")
  }

  private static func show(_ report: SourceReport) {
    let more = report.seriesCount - report.series.count
    if more > 0 { show("", "and \(more) more series") }
    let tally = report.tally
    show("pages", "\(report.pagesRead)")
    show("rows", "\(tally.rows), of which \(tally.samples) have a time and a value")
    show("first", report.firstSample ?? "none")
    show("last", report.lastSample ?? "none")
    showMeasures(tally)
    if let hasNext = report.hasNext { show("next", hasNext ? "found" : "found on no page") }
    for line in FetchSummary.faults(tally.faults) { Output.line(line) }
    if let failure = report.untoldFailure { Output.line("  failed: \(failure)\(remedy(failure))") }
  }

  /// Nothing where there was no row to look in.
  private static func showMeasures(_ tally: SourceTally) {
    guard tally.rows > 0 else { return }
    // One that cannot be read is among the faults.
    if let time = tally.lackingTime, !time.isFound { show("time", words(time)) }
    for (index, measure) in tally.measures.enumerated() { show(index == 0 ? "measures" : "", words(measure)) }
  }

  private static func words(_ presence: SourceTally.Presence) -> String {
    guard presence.isFound else { return "\(presence.name): never found" }
    let times = { FetchSummary.count($0, "time") }
    let (values, unreadable) = (presence.values + presence.lost, presence.unreadable)
    var words = "\(presence.name): found \(times(values + unreadable))"
    if presence.blanks > 0 { words += ", \(times(presence.blanks)) without a value" }
    guard let reason = presence.reason else { return words }
    return words + (values + presence.blanks == 0 ? ", unreadable" : ", \(times(unreadable)) unreadable")
      + ": \(reason)"
  }

  private static func show(_ name: String, _ value: String) {
    let blanks = String(repeating: " ", count: max(1, 10 - name.utf8.count))
    Output.line("  \(name)\(blanks)\(value)")
  }
}
