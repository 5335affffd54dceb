import CacheSupport
import HTTPTransport

/// What a source has for one identifier: samples as they are read, at most ``samplesAtOnce`` of one page at a time.
///
/// One page is held at a time, as its bytes. The next one is asked for when all of it was taken, so that whoever stores the
/// samples sets the pace. What was given before an error is good: a later page that cannot be read takes nothing back.
package struct SourcePages: AsyncSequence, Sendable {
  package typealias Element = [Sample]
  package typealias Failure = SourceError

  /// Samples that are made of a page at once.
  package static let samplesAtOnce: Int = 2000

  let client: SourceClient
  package let source: SourceDescription
  let url: String
  let headers: HTTPHeaders
  /// What is asked for.
  package let window: TimeRange
  let redactor: Redactor

  /// A text of the source without the key.
  package func withoutKey(_ text: String) -> String { redactor(text) }

  package func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// One page that was asked for.
  package struct Page: Sendable, Hashable {
    /// From 1.
    package let number: Int
    /// Without the key.
    package let url: String
    /// From the first attempt to the last byte, or to the failure; nil while it is under way.
    package internal(set) var milliseconds: Int64?
    /// Of the answer; nil where there is none.
    package internal(set) var status: Int?
    /// Of the body; nil where there is none (204), or not yet.
    package internal(set) var bytes: Int?
  }

  /// Walks from page to page.
  ///
  /// A walk ends where a page has no link to a next one, where its link was followed before, and where the pages lead away
  /// from the window (``PageWindow``). It ends as well at the description's `maximumPages`, which is a fault in ``tally``.
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
    /// The page that was asked for last; nil before the first one.
    package private(set) var page: Page?
    /// How many pages were read; one that cannot be had or read is none of them.
    package private(set) var pagesRead: Int = 0
    /// True where a page had the place of the link to the next one.
    package private(set) var hasNext: Bool = false

    init(_ pages: SourcePages) {
      self.pages = pages
      upcoming = pages.url
      window = PageWindow(pages.window)
      total = SourceTally(pages.source)
    }

    /// What was read so far, also where the walk ended in an error.
    package var tally: SourceTally {
      var tally = total
      if let rows { tally.add(rows.tally, placed) }
      return tally
    }

    package mutating func next() async throws(SourceError) -> [Sample]? { try await next(isolation: nil) }

    /// The next samples, in the source's order; nil at the end.
    ///
    /// - Throws: ``SourceError``, with the number of the page where it is not the first: a page that cannot be had or read, a
    ///   link that is not followed, and pages of which none reached the window.
    package mutating func next(isolation: isolated (any Actor)?) async throws(SourceError) -> [Sample]? {
      do throws(SourceError) {
        while true {
          if let samples = try readRows() { return samples }
          guard let url = upcoming else { return nil }
          (upcoming, link) = (nil, nil)
          rows = try await open(url)
        }
      } catch {
        endPage()
        throw error
      }
    }

    /// The next samples of the page; nil where it has no more, or there is no page.
    private mutating func readRows() throws(SourceError) -> [Sample]? {
      let samples: [Sample]?
      do throws(JSONError) { samples = try rows?.next(SourcePages.samplesAtOnce) } catch {
        throw placed(SourceError(pages.source.name, at: "answer", "is not JSON: \(error)"))
      }
      guard let samples, samples.isEmpty else { return samples }
      try turn()
      return nil
    }

    private mutating func open(_ url: String) async throws(SourceError) -> RowReader? {
      let start = pages.client.clock.now
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
      page?.milliseconds = elapsed
      page?.status = status
      page?.bytes = bytes
    }

    private func readable(_ body: [UInt8]) throws(SourceError) -> RowReader {
      do throws(SourceError) { return try RowReader(body, of: pages.source, pages.redactor) } catch {
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
      let goesOn = page.times.map { window.goesOn(after: $0) } ?? true
      guard let (link, url) = link else { return }
      guard goesOn else {
        if window.isMissed { throw missed("they lead away from it") }
        return
      }
      let next: String
      do throws(PageLink.Failure) { next = try PageLink.resolve(link, against: url, pages.redactor) } catch {
        throw placed(SourceError(pages.source.name, at: "next \(pages.source.next?.description ?? "")", error.reason))
      }
      guard !asked.contains(ByteText(next)) else { return }
      guard number < pages.source.maximumPages else {
        let end = "maximumPages is \(pages.source.maximumPages)"
        if window.isMissed { throw missed(end) }
        let fault = SourceError(pages.source.name, at: "page \(number + 1)", "is not read: \(end)")
        total.faults.add(fault)
        return
      }
      upcoming = next
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
