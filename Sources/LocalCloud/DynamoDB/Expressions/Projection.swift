import AWSClients
import CacheSupport

/// Which parts of an item are wanted.
struct Projection: Sendable {
  let paths: [DocumentPath]
  private let tree: Tree

  init(paths: [DocumentPath]) {
    self.paths = paths
    var tree = Tree()
    for path in paths { tree.add(path.steps[...]) }
    self.tree = tree
  }

  func checkKeys(of table: TableDescription) throws(ServiceError) { try paths.checkKeys(of: table) }

  /// The wanted parts, put together as they stood.
  func part(of item: Item) -> Item {
    guard case .m(let part)? = tree.pick(.m(item)) else { return [:] }
    return part
  }

  private struct Tree: Sendable {
    private var children: [DocumentPath.Step: Tree] = [:]

    mutating func add(_ steps: ArraySlice<DocumentPath.Step>) {
      guard let first = steps.first else { return }
      children[first, default: Tree()].add(steps.dropFirst())
    }

    func pick(_ value: AttributeValue) -> AttributeValue? {
      if children.isEmpty { return value }
      switch value {
      case .m(let map):
        var picked: Item = [:]
        for case (.name(let name), let child) in children { picked[name] = map[name].flatMap { child.pick($0) } }
        return picked.isEmpty ? nil : .m(picked)
      case .l(let elements):
        let picked = elements.enumerated().compactMap { index, element in
          children[.index(index)].flatMap { $0.pick(element) }
        }
        return picked.isEmpty ? nil : .l(picked)
      default: return nil
      }
    }
  }
}
