/// The first ten of what may be very many, and how many there were in all.
///
/// What a source or a store finds fault with can be every row of an answer: memory and log stay bounded.
package struct FirstFew<Element: Sendable & Hashable>: Sendable, Hashable {
  /// Ten: enough to see a pattern, few enough to log one by one.
  package static var limit: Int { 10 }

  /// The first ones that were added, at most ``limit``.
  package private(set) var elements: [Element] = []
  /// How many were added in all.
  package private(set) var count: Int = 0

  /// None yet.
  package init() {}

  /// True where nothing was added.
  package var isEmpty: Bool { count == 0 }

  /// Counts one more; it is made only where it is kept.
  mutating func add(_ element: @autoclosure () -> Element) {
    if count < Self.limit { elements.append(element()) }
    count += 1
  }

  /// The same with other elements.
  func map(_ transform: (Element) -> Element) -> Self {
    var copy = self
    copy.elements = elements.map(transform)
    return copy
  }

  /// Adds what another one has counted.
  mutating func add(_ other: Self) {
    elements += other.elements.prefix(Self.limit - elements.count)
    count += other.count
  }
}
