import AWSClients
import CacheSupport
import CommandLineSupport
import HTTPTransport
import TimeSeriesCache

/// Asks a source as a fetch does, stores nothing, and prints what it gave.
struct SourceCheck {
  private let identifier: Identifier
  private var first: Sample?
  private var last: Sample?
  private var shown = 0

  init(_ identifier: Identifier) { self.identifier = identifier }

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
  mutating func run(_ sources: SourceFinder) async -> Bool {
    Output.line("\(identifier)")
    let pages: SourcePages
    do {
      let entry = try await sources.entry(of: identifier)
      pages = try await sources.pages(of: identifier, entry, now: WallClock.system.now)
    } catch {
      Output.line("  failed: \(error)")
      return false
    }
    show("source", "\(pages.source.name), \(time(pages.window.from)) to \(time(pages.window.to))")
    var walk = pages.makeAsyncIterator()
    var failure: SourceError?
    do throws(SourceError) {
      while let part = try await walk.next() {
        showPage(walk.page)
        first = first ?? part.first
        last = part.last ?? last
      }
    } catch { failure = error }
    showPage(walk.page)
    let tally = walk.tally
    show("pages", "\(walk.pagesRead)")
    show("rows", "\(tally.rows), of which \(tally.samples) have a time and a value")
    show("first", first.map { pages.withoutKey(text($0)) } ?? "none")
    show("last", last.map { pages.withoutKey(text($0)) } ?? "none")
    showMeasures(tally)
    if pages.source.next != nil, walk.pagesRead > 0 { show("next", walk.hasNext ? "found" : "found on no page") }
    for line in FetchSummary.faults(tally.faults) { Output.line(line) }
    if let failure, !tally.faults.elements.contains(failure) { Output.line("  failed: \(failure)") }
    return failure == nil && tally.faults.isEmpty && tally.missingMeasures.isEmpty
  }

  private mutating func showPage(_ page: SourcePages.Page?) {
    guard let page, page.number > shown else { return }
    shown = page.number
    show("page \(page.number)", page.url)
    guard let milliseconds = page.milliseconds else { return }
    let status = page.status.map { "status \($0)" } ?? "no answer"
    show("", status + (page.bytes.map { ", \($0) bytes" } ?? "") + ", \(milliseconds) ms")
  }

  /// Nothing where there was no row to look in.
  private func showMeasures(_ tally: SourceTally) {
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

  private func show(_ name: String, _ value: String) {
    let blanks = String(repeating: " ", count: max(1, 10 - name.utf8.count))
    Output.line("  \(name)\(blanks)\(value)")
  }

  private func text(_ sample: Sample) -> String {
    ([time(sample.time)] + sample.measures.map { "\($0.name)=\(text($0.value))" }).joined(separator: " ")
  }

  private func text(_ value: MeasureValue) -> String {
    switch value {
    case .double(let value): JSONWriter.text(of: value)
    case .bigint(let value): "\(value)"
    case .varchar(let text): JSON.string(text).text
    case .boolean(let flag): "\(flag)"
    }
  }

  private func time(_ milliseconds: Int64) -> String { FetchSummary.time(milliseconds) }
}
