/// A queue: elements go in at its end and come out at its front, each at a constant price over time.
///
/// What has been taken out is let go at once, where elements have references in them, and its room after as many more.
public struct Deque<Element> {
  private var elements: [Element?] = []
  /// Where the front stands; what is before it has been taken.
  private var head = 0

  public init() {}

  public var count: Int { elements.count - head }
  public var isEmpty: Bool { head == elements.count }
  public var first: Element? { isEmpty ? nil : elements[head] }

  public mutating func append(_ element: Element) { elements.append(element) }

  public mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let first = elements[head].take()
    head += 1
    if head > elements.count / 2 {
      elements.removeFirst(head)
      head = 0
    }
    return first
  }

  /// Keeps those that fulfil a condition, in their order.
  public mutating func filter(_ isKept: (Element) -> Bool) {
    elements = elements[head...].filter { $0.map(isKept) ?? false }
    head = 0
  }
}

extension Deque: Sequence {
  public func makeIterator() -> some IteratorProtocol<Element> {
    elements[head...].lazy.compactMap(\.self).makeIterator()
  }
}

extension Deque: Sendable where Element: Sendable {}
