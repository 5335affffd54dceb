import CacheSupport

/// The places that an expression names, to find those that touch: a path is compared with the places on its way, not with all others.
struct PlaceTree {
  enum Relation: String {
    /// One place is another, or is within it.
    case overlap
    /// One place would be both a map and a list.
    case conflict
  }

  private var nodes: [Node] = [Node()]
  /// How many places have been looked at.
  private(set) var steps = 0

  private struct Node {
    var children: [DocumentPath.Step: Int] = [:]
    /// The first path that ends here.
    var end: Int?
    /// The first path that goes on from here by a name, and by an index.
    var byName: Int?
    var byIndex: Int?
  }

  /// - Returns: the first path that the new one touches, and how.
  mutating func insert(_ path: DocumentPath, number: Int) -> (earlier: Int, Relation)? {
    var found: (earlier: Int, relation: Relation)?
    func consider(_ earlier: Int?, _ relation: Relation) {
      guard let earlier, earlier < found?.earlier ?? .max else { return }
      found = (earlier, relation)
    }
    var place = 0
    for step in path.steps {
      steps += 1
      consider(nodes[place].end, .overlap)
      switch step {
      case .name:
        consider(nodes[place].byIndex, .conflict)
        nodes[place].byName = nodes[place].byName ?? number
      case .index:
        consider(nodes[place].byName, .conflict)
        nodes[place].byIndex = nodes[place].byIndex ?? number
      }
      if let next = nodes[place].children[step] {
        place = next
      } else {
        nodes.append(Node())
        nodes[place].children[step] = nodes.count - 1
        place = nodes.count - 1
      }
    }
    for earlier in [nodes[place].end, nodes[place].byName, nodes[place].byIndex] { consider(earlier, .overlap) }
    nodes[place].end = nodes[place].end ?? number
    return found
  }
}
