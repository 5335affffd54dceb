public import CacheSupport
public import HTTPTransport

/// Asks sources: fills in the template, follows pages, tries again what may pass.
public struct SourceClient: Sendable {
  private let http: any HTTPClient
  private let sleep: @Sendable (Duration) async throws -> Void
  private let random: @Sendable () -> Double
  private let clock: WallClock

  /// The longest wait that a source may ask for with `Retry-After`; past it the message waits in the queue instead.
  public static let longestRetryAfter: Double = 20

  public init(
    http: any HTTPClient, clock: WallClock = .system,
    random: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    self.http = http
    self.clock = clock
    self.random = random
    self.sleep = sleep
  }

  /// Every sample that a source has for an identifier, ordered by time, one an instant (the last one given counts).
  ///
  /// - Parameters:
  ///   - attributes: of the identifier's item, for the template.
  ///   - key: for `{key}`.
  ///   - now: the middle of the range that is asked for, epoch milliseconds.
  /// - Returns: the samples, and a fault for each row that could not be read.
  /// - Throws: ``SourceError``, also for `CancellationError` of the task.
  public func samples(
    of identifier: Identifier, from source: SourceDescription, attributes: [String: String], key: String?, now: Int64
  ) async throws(SourceError) -> (samples: [Sample], faults: [SourceError]) {
    guard let range = TimeRange(from: now - source.past, to: now + source.future) else {
      throw SourceError(source.name, at: "description", "past and future reach beyond the calendar")
    }
    var values = attributes
    values["identifier"] = identifier.text
    values["key"] = key
    let first: String
    var headers: HTTPHeaders = ["Accept": "application/json"]
    do throws(URLTemplate.Failure) {
      first = try source.url.expanded(values, range: range)
      for header in source.headers { headers[header.name] = try header.value.expanded(values, range: range) }
    } catch { throw SourceError(source.name, at: "description", error.reason) }

    var samples: [Sample] = []
    var faults: [SourceError] = []
    var url = first
    var seen: Set<String> = []
    while seen.insert(url).inserted {
      guard seen.count <= source.maximumPages else {
        faults.append(
          SourceError(source.name, at: "page \(seen.count)", "is not read: maximumPages is \(source.maximumPages)"))
        break
      }
      guard let body = try await body(url, headers, source) else { break }
      let page = try SourceAnswer(parsing: body, source)
      samples += page.samples
      faults += page.faults
      guard let next = page.next else { break }
      // Archives go on for years: a page wholly outside what was asked for is the last one of interest.
      let isOutside = !page.samples.isEmpty && page.samples.allSatisfy { !(range.from...range.to).contains($0.time) }
      if isOutside { break }
      url = try Self.resolve(next, against: url, source)
    }
    return (Self.ordered(samples), faults)
  }

  static func ordered(_ samples: [Sample]) -> [Sample] {
    var byTime: [Int64: Sample] = [:]
    for sample in samples { byTime[sample.time] = sample }
    return byTime.values.sorted { $0.time < $1.time }
  }

  private func body(_ url: String, _ headers: HTTPHeaders, _ source: SourceDescription) async throws(SourceError)
    -> [UInt8]?
  {
    let request = HTTPRequest(
      url: url, headers: headers, timeout: source.timeout, responseLimit: source.maximumBytes, acceptsCompression: true)
    var attempt = 1
    while true {
      var failure: SourceError
      var wait: Double?
      do throws(HTTPError) {
        let response = try await http.send(request)
        if response.status == 200 { return response.body }
        // Nothing in this range.
        if response.status == 204 { return nil }
        let isTransient = response.status == 429 || response.status >= 500 || response.status == 408
        failure = SourceError(source.name, at: "answer", "has status \(response.status)", isTransient: isTransient)
        if let target = response.headers["location"] {
          failure.reason +=
            ": it leads to \(Self.origin(of: target)); put the final URL into the description, for a key does not follow"
        }
        wait = response.headers["retry-after"].flatMap { retryAfter($0) }
      } catch {
        let isTransient = [.cannotConnect, .connectionLost, .timedOut].contains(error.code)
        failure = SourceError(source.name, at: "request", error.message, isTransient: isTransient)
      }
      guard failure.isTransient, attempt < source.attempts, (wait ?? 0) <= Self.longestRetryAfter else { throw failure }
      let backoff = random() * min(0.5 * Double(1 << attempt), 10)
      attempt += 1
      do { try await sleep(.milliseconds(Int(max(backoff, wait ?? 0) * 1000))) } catch {
        failure.reason += "; cancelled before another attempt"
        throw failure
      }
    }
  }

  /// Seconds or an HTTP date (RFC 9110 §10.2.3) as seconds from now.
  private func retryAfter(_ text: String) -> Double? {
    if let seconds = Double(text) { return max(0, seconds) }
    return HTTPDate.epochSeconds(text).map { max(0, Double($0) - Double(clock.now) / 1000) }
  }

  /// A page's link, absolute or relative, on the same scheme, host and port: the headers may carry a key.
  static func resolve(_ link: String, against url: String, _ source: SourceDescription) throws(SourceError) -> String {
    let origin = Self.origin(of: url)
    // The URL's own start, with a name and password where it has them.
    let start =
      url.firstRange(of: "://").map { url[..<$0.upperBound] + url[$0.upperBound...].prefix { !"/?#".contains($0) } }
      ?? ""
    let target: String
    if link.hasPrefix("http://") || link.hasPrefix("https://") {
      target = link
    } else if link.hasPrefix("/") && !link.hasPrefix("//") {
      target = start + link
    } else if link.hasPrefix("?") {
      target = url.prefix { $0 != "?" && $0 != "#" } + link
    } else {
      throw SourceError(source.name, at: "next page", "the link is neither absolute nor starts with '/' or '?'")
    }
    guard Self.origin(of: target) == origin else {
      throw SourceError(
        source.name, at: "next page",
        "the link leads from \(origin) to \(Self.origin(of: target)), which is not asked with this source's key")
    }
    return target
  }

  private static func origin(of url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return "nowhere" }
    let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
    // Without a name and password, which may hold the key, and without a port that goes without saying.
    var host = (authority.split(separator: "@").last ?? "").lowercased()
    let prefix = url[..<scheme.upperBound].lowercased()
    let standard = prefix == "https://" ? ":443" : ":80"
    if host.hasSuffix(standard) { host.removeLast(standard.count) }
    return prefix + host
  }
}
