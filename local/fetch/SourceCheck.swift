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

  /// - Returns: false where the source could not be read as it is described.
  static func run(_ identifier: Identifier, _ sources: SourceFinder) async -> Bool {
    Output.line("\(identifier)")
    let pages: SourcePages
    do {
      let entry = try await sources.entry(of: identifier)
      pages = try await sources.pages(of: identifier, entry, now: WallClock.system.now)
    } catch {
      Output.line("  failed: \(error)")
      return false
    }
    let window = pages.window
    show("source", "\(pages.source.name), \(FetchSummary.time(window.from)) to \(FetchSummary.time(window.to))")
    let report = await SourceReport.asking(pages, told: show)
    show(report)
    return report.isGood
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
    if let failure = report.untoldFailure { Output.line("  failed: \(failure)") }
  }

  /// Nothing where there was no row to look in.
  private static func showMeasures(_ tally: SourceTally) {
    guard tally.rows > 0 else { return }
    for (index, measure) in tally.measures.enumerated() {
      let blanks = measure.blanks > 0 ? ", \(FetchSummary.count(measure.blanks, "time")) without a value" : ""
      let isMissing = measure.values + measure.blanks == 0
      show(
        index == 0 ? "measures" : "",
        "\(measure.measure): \(isMissing ? "never found" : "found \(FetchSummary.count(measure.values, "time"))\(blanks)")"
      )
    }
  }

  private static func show(_ name: String, _ value: String) {
    let blanks = String(repeating: " ", count: max(1, 10 - name.utf8.count))
    Output.line("  \(name)\(blanks)\(value)")
  }
}
