import CacheSupport

/// What a source gave when it was asked as a fetch asks it, and nothing was stored. No text of it has the key.
package struct SourceReport: Sendable, Hashable {
  /// What the first request gave for a name of the template.
  package struct Value: Sendable, Hashable {
    package var name: String
    package var value: String
  }

  /// What becomes known while the source is asked, in its order.
  package enum Step: Sendable, Hashable {
    /// The request before the pages, and what it gave for their URL.
    case first(SourcePages.Page, [Value])
    case page(SourcePages.Page)
    /// A series that rows make, one of the first ``SourceReport/seriesTold``.
    case series(String)
  }

  /// How many of the series that rows make are told one by one.
  package static let seriesTold: Int = 20

  /// The description's name.
  package let source: String
  /// What was asked for.
  package let window: TimeRange
  /// The request before the pages; nil where there was none.
  package private(set) var first: SourcePages.Page?
  /// What it gave, ordered by the bytes of the names.
  package private(set) var firstValues: [Value] = []
  /// The pages that were asked for.
  package private(set) var pages: [SourcePages.Page] = []
  /// How many of them were read.
  package private(set) var pagesRead: Int = 0
  package private(set) var tally: SourceTally
  /// The first of the series that rows make, at most ``seriesTold``.
  package private(set) var series: [String] = []
  package private(set) var seriesCount: Int = 0
  /// The first and the last sample in the source's order, such as `2026-11-21T18:04:00Z v=2.5`; nil where there was none.
  package private(set) var firstSample: String?
  package private(set) var lastSample: String?
  /// Whether a page had the place of the link to the next one; nil where the description names none, or no page was read.
  package private(set) var hasNext: Bool?
  /// Why the walk ended before its time; nil where it did not.
  package var failure: SourceError?

  /// True where all of the answer was read, and each measure was found.
  package var isGood: Bool { failure == nil && tally.faults.isEmpty && tally.missingMeasures.isEmpty }

  /// The failure, where it is none of the faults that the tally has.
  package var untoldFailure: SourceError? { failure.flatMap { tally.faults.elements.contains($0) ? nil : $0 } }

  private init(_ pages: SourcePages) {
    source = pages.source.name
    window = pages.window
    tally = SourceTally(pages.source)
  }

  /// Walks through the pages of a source.
  ///
  /// Where the task is cancelled, the walk ends at once, with a failure and with what was known until then.
  ///
  /// - Parameter told: gets each step when it is known.
  package static func asking(_ pages: SourcePages, told: (Step) -> Void = { _ in }) async -> SourceReport {
    var report = SourceReport(pages)
    var walk = pages.makeAsyncIterator()
    var known: Set<Series> = []
    var (first, last): (Sample?, Sample?)
    do throws(SourceError) {
      while let parts = try await walk.nextParts() {
        report.add(walk, pages, told)
        for part in parts {
          if let series = part.series, known.insert(series).inserted {
            report.add(pages.withoutKey(series.identifier.text), told)
          }
          first = first ?? part.samples.first
          last = part.samples.last ?? last
        }
        // A large page is read in many steps, between which others run.
        await Task.yield()
      }
    } catch { report.failure = error }
    report.add(walk, pages, told)
    report.pagesRead = walk.pagesRead
    report.tally = walk.tally
    report.firstSample = first.map { pages.withoutKey(text($0)) }
    report.lastSample = last.map { pages.withoutKey(text($0)) }
    if pages.source.next != nil, walk.pagesRead > 0 { report.hasNext = walk.hasNext }
    return report
  }

  private mutating func add(_ walk: SourcePages.Iterator, _ pages: SourcePages, _ told: (Step) -> Void) {
    if let page = walk.first, first == nil {
      first = page
      firstValues = walk.firstValues.sorted { $0.key < $1.key }.map {
        Value(name: $0.key.text, value: pages.withoutKey($0.value))
      }
      told(.first(page, firstValues))
    }
    for page in walk.earlier.dropFirst(self.pages.count) + (walk.page.map { [$0] } ?? [])
    where page.number > self.pages.count {
      self.pages.append(page)
      told(.page(page))
    }
  }

  private mutating func add(_ name: String, _ told: (Step) -> Void) {
    seriesCount += 1
    guard seriesCount <= Self.seriesTold else { return }
    series.append(name)
    told(.series(name))
  }

  private static func text(_ sample: Sample) -> String {
    ([UTCTime(epochMilliseconds: sample.time).iso8601Text] + sample.measures.map { "\($0.name)=\(text($0.value))" })
      .joined(separator: " ")
  }

  private static func text(_ value: MeasureValue) -> String {
    switch value {
    case .double(let value): JSONWriter.text(of: value)
    case .bigint(let value): "\(value)"
    case .varchar(let text): JSON.string(text).text
    case .boolean(let flag): "\(flag)"
    }
  }
}
