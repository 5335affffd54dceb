import Testing

@testable import TimeSeriesCache

@Suite struct PageWindowTests {
  /// Pages of earliest and latest times around a window of 100 to 200: how many are read, and whether one reached it.
  struct Walk: Sendable, CustomTestStringConvertible {
    let name: String
    let pages: [ClosedRange<Int64>]
    let read: Int
    let isMissed: Bool
    var testDescription: String { name }

    init(_ name: String, _ pages: [ClosedRange<Int64>], read: Int, missed: Bool = false) {
      self.name = name
      self.pages = pages
      self.read = read
      isMissed = missed
    }
  }

  static let walks: [Walk] = [
    Walk("ascending, from long before", [0...9, 10...19, 20...29, 30...120, 121...199], read: 5),
    Walk("ascending, and beyond", [90...150, 151...250, 251...300, 301...400], read: 3),
    Walk("descending, from long after", [900...999, 800...899, 150...220], read: 3),
    Walk("descending, and beyond", [150...250, 90...149, 50...89, 1...49], read: 3),
    Walk("an old archive, newest first", [80...90, 70...79, 60...69], read: 2, missed: true),
    Walk("a far forecast, oldest first", [300...310, 311...320, 321...330], read: 2, missed: true),
    Walk("ascending, and never there", [1...2, 3...4, 5...6], read: 3, missed: true),
    Walk("one page beside the window tells no direction", [1...2], read: 1, missed: true),
    Walk("one page in it", [100...100], read: 1),
    Walk("a gap where the window is, ascending", [1...50, 300...400, 401...500], read: 2),
    Walk("a gap where the window is, descending", [300...400, 1...50, -10...0], read: 2),
    Walk("pages that overlap", [0...60, 10...70, 20...80, 30...150], read: 4),
    Walk("one page within the other", [0...60, 10...50, 60...150], read: 3),
    Walk("the same times again", [0...9, 0...9, 0...9], read: 3, missed: true),
    Walk("no order at all", [10...20, 5...9, 15...30, 1...2, 150...160], read: 2, missed: true),
    Walk("up and down again", [110...120, 130...140, 125...129, 1...2, 300...301, 150...160], read: 6),
  ]

  @Test("Pages end only where they lead away from the window", arguments: walks)
  func walk(walk: Walk) throws {
    var window = PageWindow(try #require(TimeRange(from: 100, to: 200)))
    var read = 0
    for page in walk.pages {
      read += 1
      guard window.goesOn(after: try #require(TimeRange(from: page.lowerBound, to: page.upperBound))) else { break }
    }
    #expect(read == walk.read)
    #expect(window.isMissed == walk.isMissed)
  }
}
