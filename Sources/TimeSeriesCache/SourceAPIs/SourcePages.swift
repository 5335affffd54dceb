package import CacheSupport
import HTTPTransport

/// What a source has for one identifier: samples as they are read, a bounded number of one page's values at a time.
///
/// One page is held at a time, as its bytes. The next one is asked for when all of it was taken, so that whoever stores the
/// samples sets the pace. What was given before an error is good: a later page that cannot be read takes nothing back.
package struct SourcePages: AsyncSequence, Sendable {
  package typealias Element = [Sample]
  package typealias Failure = SourceError

  /// Samples that are made of a page at once, where they have few measures.
  static let samplesAtOnce: Int = 2000
  /// Values of all measures that are made of a page at once, so that wide rows take no more memory than narrow ones.
  static let valuesAtOnce: Int = 20_000

  /// Samples that are made at once of rows with a number of measures, 1 to 256; at least one.
  static func samplesAtOnce(measures: Int) -> Int {
    Swift.min(samplesAtOnce, Swift.max(1, valuesAtOnce / Swift.max(1, measures)))
  }

  let client: SourceClient
  package let source: SourceDescription
  /// Of the first page; nil where ``first`` has to be asked for it.
  let url: String?
  let first: FirstRequest?
  let headers: HTTPHeaders
  /// What is asked for.
  package let window: TimeRange
  let redactor: Redactor
  /// The time of rows that have none, epoch milliseconds.
  let fetchTime: Int64
  /// Before any row was read.
  let index: RowIndex

  /// A text of the source without the key.
  package func withoutKey(_ text: String) -> String { redactor(text) }

  package func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// Samples of one series.
  package struct Part: Sendable, Hashable {
    /// Nil for that of the identifier.
    package var series: Series?
    /// In the source's order.
    package var samples: [Sample]
  }

  /// One page that was asked for.
  package struct Page: Sendable, Hashable {
    /// From 1; 0 for the first request, which is none of the pages.
    package let number: Int
    /// Without the key.
    package let url: String
    /// From the first attempt to the last byte, or to the failure; nil while it is under way.
    package internal(set) var milliseconds: Int64?
    /// Of the answer; nil where there is none.
    package internal(set) var status: Int?
    /// Of the body; nil where there is none (204), or not yet.
    package internal(set) var bytes: Int?

    fileprivate mutating func answered(_ status: Int?, _ bytes: Int?, after milliseconds: Int64) {
      self.milliseconds = milliseconds
      self.status = status
      self.bytes = bytes
    }
  }

  /// Walks from page to page.
  ///
  /// A walk ends where a page has no link to a next one, where its link was followed before, and where the pages lead away
  /// from the window (``PageWindow``). Several pages of which none reached the window are an error wherever they end, because
  /// the link most likely leads elsewhere; one page without a link is not, because a source may have nothing newer.
  ///
  /// A link to the page itself is a fault in ``tally``. So is the description's `maximumPages`, where the pages have come to the
  /// window's end; where more of it may follow, that is an error.
  package struct Iterator: AsyncIteratorProtocol {
    private let pages: SourcePages
    private var asked: Set<ByteText> = []
    /// Where to ask when the page that is being read has ended; nil where the walk has.
    private var upcoming: String?
    private var rows: RowReader?
    /// The link of the page that is being read, and the page's own URL.
    private var link: (link: String, of: String)?
    private var window: PageWindow
    private var total: SourceTally
    private var index: RowIndex
    /// The series' number of each sample that was given last; none where they are all of one.
    private var numbers: [Int] = []
    /// What was asked before the pages; nil where nothing was, or not yet.
    package private(set) var first: Page?
    /// What the first request gave for the URL; empty where there was none.
    package private(set) var firstValues: [ByteText: String] = [:]
    /// The page that was asked for last; nil before the first one.
    package private(set) var page: Page?
    /// Those that were asked for before it.
    package private(set) var earlier: [Page] = []
    /// How many pages were read; one that cannot be had or read is none of them.
    package private(set) var pagesRead: Int = 0
    /// True where a page had the place of the link to the next one.
    package private(set) var hasNext: Bool = false

    init(_ pages: SourcePages) {
      self.pages = pages
      upcoming = pages.url
      window = PageWindow(pages.window)
      index = pages.index
      total = SourceTally(pages.source)
    }

    /// What was read so far, also where the walk ended in an error.
    package var tally: SourceTally {
      var tally = total
      if let rows { tally.add(rows.tally, placed) }
      return tally
    }

    package mutating func next() async throws(SourceError) -> [Sample]? { try await next(isolation: nil) }

    /// The same, by series: in the order in which their first samples come.
    package mutating func nextParts() async throws(SourceError) -> [Part]? {
      guard let samples = try await next() else { return nil }
      guard !index.places.isEmpty else { return [Part(series: nil, samples: samples)] }
      var parts: [Part] = []
      var places: [Int: Int] = [:]
      for (number, sample) in zip(numbers, samples) {
        if let place = places[number] {
          parts[place].samples.append(sample)
        } else {
          places[number] = parts.count
          parts.append(Part(series: index.series[number], samples: [sample]))
        }
      }
      return parts
    }

    /// The next samples, in the source's order; nil at the end.
    ///
    /// - Throws: ``SourceError``, with the number of the page where it is not the first: a page that cannot be had or read, a
    ///   link that is not followed, pages of which none reached the window, and more pages in it than `maximumPages`.
    package mutating func next(isolation: isolated (any Actor)?) async throws(SourceError) -> [Sample]? {
      do throws(SourceError) {
        while true {
          if let samples = try readRows() { return samples }
          if let request = pages.first, first == nil { upcoming = try await askFirst(request) }
          guard let url = upcoming else { return nil }
          (upcoming, link) = (nil, nil)
          rows = try await open(url)
          if rows == nil { try end("the last one has no rows") }
        }
      } catch {
        endPage()
        throw error
      }
    }

    /// The next samples of the page; nil where it has no more, or there is no page.
    private mutating func readRows() throws(SourceError) -> [Sample]? {
      var samples: [Sample]?
      let limit = SourcePages.samplesAtOnce(measures: pages.source.measures.count)
      do throws(JSONError) {
        if let read = try rows?.next(limit, &index) { (samples, numbers) = (read.samples, read.numbers) }
      } catch { throw placed(SourceError(pages.source.name, at: "answer", "is not JSON: \(error)")) }
      guard let samples, samples.isEmpty else { return samples }
      try turn()
      return nil
    }

    /// Asks for what the URL needs.
    private mutating func askFirst(_ request: FirstRequest) async throws(SourceError) -> String {
      let start = pages.client.clock.now
      var asked = Page(number: 0, url: pages.redactor.url(request.url))
      first = asked
      do throws(SourceError) {
        let body: [UInt8]?
        do throws(SourceError) {
          body = try await pages.client.body(request.url, pages.headers, pages.source, pages.redactor)
        } catch {
          asked.answered(error.status, nil, after: pages.client.clock.now - start)
          first = asked
          throw error
        }
        asked.answered(body == nil ? 204 : 200, body?.count, after: pages.client.clock.now - start)
        first = asked
        guard let body else { throw SourceError(pages.source.name, at: "answer", "has status 204, and no content") }
        firstValues = try request.values(in: body, pages.source, pages.redactor)
        do throws(URLTemplate.Failure) {
          return try pages.source.url.expanded(request.values.merging(firstValues) { $1 }, range: pages.window)
        } catch { throw SourceError(pages.source.name, error) }
      } catch {
        var error = error
        error.place = "first request, \(error.place)"
        throw pages.redactor(error)
      }
    }

    private mutating func open(_ url: String) async throws(SourceError) -> RowReader? {
      let start = pages.client.clock.now
      if let page { earlier.append(page) }
      page = Page(number: number + 1, url: pages.redactor.url(url))
      asked.insert(ByteText(url))
      do throws(SourceError) {
        let body = try await body(url, since: start)
        guard let body else {
          pagesRead += 1
          return nil
        }
        let rows = try readable(body)
        pagesRead += 1
        hasNext = hasNext || rows.hasNext
        link = rows.next.map { (link: $0, of: url) }
        return rows
      } catch { throw placed(error) }
    }

    private mutating func body(_ url: String, since start: Int64) async throws(SourceError) -> [UInt8]? {
      do throws(SourceError) {
        let body = try await pages.client.body(url, pages.headers, pages.source, pages.redactor)
        answered(body == nil ? 204 : 200, body?.count, since: start)
        return body
      } catch {
        answered(error.status, nil, since: start)
        throw error
      }
    }

    private mutating func answered(_ status: Int?, _ bytes: Int?, since start: Int64) {
      let elapsed = pages.client.clock.now - start
      page?.answered(status, bytes, after: elapsed)
    }

    private func readable(_ body: [UInt8]) throws(SourceError) -> RowReader {
      do throws(SourceError) {
        return try RowReader(body, of: pages.source, pages.redactor, fetchTime: pages.fetchTime)
      } catch {
        var error = error
        error.reason += pages.redactor.words(of: body)
        throw error
      }
    }

    /// The page ends, and where there is a next one, it is asked for next.
    private mutating func turn() throws(SourceError) {
      guard let page = rows?.tally else { return }
      endPage()
      if page.samples == 0, let fault = page.faults.elements.first { throw placed(fault) }
      // Rows that take the fetch's time tell nothing of where the pages lead.
      let goesOn = pages.source.time == nil || page.times.map { window.goesOn(after: $0) } ?? true
      guard let (link, url) = link else { return try end("the last one has no link to another") }
      guard goesOn else { return try end("they lead away from it") }
      let place = "next \(pages.source.next?.description ?? "")"
      let next: String
      do throws(PageLink.Failure) { next = try PageLink.resolve(link, against: url, pages.redactor) } catch {
        throw placed(SourceError(pages.source.name, at: place, error.reason))
      }
      if ByteText(next) == ByteText(url) {
        total.leaveUnread(placed(SourceError(pages.source.name, at: place, "is a link to the page itself")))
        return try end("the last one is linked to itself")
      }
      guard !asked.contains(ByteText(next)) else { return try end("the last one leads back to one of them") }
      guard number < pages.source.maximumPages else { return try endAtLimit() }
      upcoming = next
    }

    /// The walk ends by itself.
    private func end(_ reason: String) throws(SourceError) {
      if window.isMissed, number > 1 { throw missed(reason) }
    }

    /// The walk ends though there is a next page.
    private mutating func endAtLimit() throws(SourceError) {
      let limit = "maximumPages is \(pages.source.maximumPages)"
      if window.isMissed { throw missed(limit) }
      var error = SourceError(pages.source.name, at: "page \(number + 1)", "is not read: \(limit)")
      guard window.isPassed else {
        error.reason = "is not read, though it may lie in the window: \(limit)"
        throw error
      }
      total.leaveUnread(error)
    }

    private mutating func endPage() {
      if let rows { total.add(rows.tally, placed) }
      rows = nil
    }

    private var number: Int { page?.number ?? 0 }

    private func missed(_ end: String) -> SourceError {
      func text(_ time: Int64) -> String { UTCTime(epochMilliseconds: time).iso8601Text }
      let read = total.times.map { " (\(text($0.from)) to \(text($0.to)))" } ?? ""
      return SourceError(
        pages.source.name, at: "window \(text(pages.window.from)) to \(text(pages.window.to))",
        "is not reached by any of the \(number) pages read\(read), and \(end)")
    }

    /// The error with the number of its page, but for the first one, and without the key.
    private func placed(_ error: SourceError) -> SourceError {
      var error = error
      if number > 1 { error.place = "page \(number), \(error.place)" }
      return pages.redactor(error)
    }
  }
}
