/// Which way the pages of an answer go through time, and whether they lead away from what was asked for.
///
/// Archives go on for years in either direction, so a walk ends at a page that lies wholly outside the window, but only where
/// the pages seen so far lead away from it: ascending pages may begin long before the window, and descending ones after it.
struct PageWindow {
  private enum Direction {
    case unknown
    case ascending
    case descending
    /// The pages have gone both ways: the next one may be anywhere.
    case mixed
  }

  private let range: TimeRange
  private var direction: Direction = .unknown
  private var previous: TimeRange?
  private var wasBefore = false
  private var wasAfter = false

  /// True where a page has a time in the window, or the pages have passed over it.
  private(set) var isReached: Bool = false

  /// True where the pages have come to the window's end on their way, or one page holds all of it: what follows, if the pages
  /// keep their direction, lies outside.
  var isPassed: Bool {
    guard let previous else { return false }
    return switch direction {
    case .ascending: previous.to >= range.to
    case .descending: previous.from <= range.from
    case .unknown: previous.from <= range.from && previous.to >= range.to
    case .mixed: false
    }
  }

  init(_ range: TimeRange) { self.range = range }

  /// True where pages with times were seen, and all of them lay on one side of the window.
  var isMissed: Bool { previous != nil && !isReached }

  /// Takes one page's earliest and latest time.
  ///
  /// - Returns: false where the next page can only be further away from the window.
  mutating func goesOn(after page: TimeRange) -> Bool {
    if let previous { turn(Self.direction(from: previous, to: page)) }
    previous = page
    let isBefore = page.to < range.from
    let isAfter = page.from > range.to
    wasBefore = wasBefore || isBefore
    wasAfter = wasAfter || isAfter
    if !isBefore && !isAfter || wasBefore && wasAfter { isReached = true }
    return switch direction {
    case .ascending: !isAfter
    case .descending: !isBefore
    case .unknown, .mixed: true
    }
  }

  private mutating func turn(_ step: Direction) {
    switch (direction, step) {
    case (_, .unknown), (.mixed, _): break
    case (.unknown, _): direction = step
    case (.ascending, .descending), (.descending, .ascending): direction = .mixed
    default: break
    }
  }

  /// Pages of which one holds the other tell nothing.
  private static func direction(from one: TimeRange, to other: TimeRange) -> Direction {
    if other.from >= one.from && other.to > one.to || other.from > one.from && other.to >= one.to { return .ascending }
    if other.from <= one.from && other.to < one.to || other.from < one.from && other.to <= one.to { return .descending }
    return .unknown
  }
}
