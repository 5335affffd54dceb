import CacheSupport

/// Several places in a JSON value, found in one pass over it.
struct PlaceTree: Sendable {
  /// A value, and where it is.
  struct Found {
    var position: JSONReader.Position
    var token: JSONToken
  }

  private struct Node {
    /// The places that end here, by their numbers.
    var places: [Int] = []
    /// The places that end here or further down.
    var placesWithin: [Int] = []
    var children: [(step: JSONPointer.Step, node: Int)] = []
  }

  private var nodes: [Node] = [Node()]
  /// How many places there are.
  let count: Int

  init(_ pointers: [JSONPointer]) {
    count = pointers.count
    for (place, pointer) in pointers.enumerated() {
      var node = 0
      nodes[node].placesWithin.append(place)
      for step in pointer.steps {
        if let child = nodes[node].children.first(where: { $0.step == step }) {
          node = child.node
        } else {
          nodes.append(Node())
          nodes[node].children.append((step, nodes.count - 1))
          node = nodes.count - 1
        }
        nodes[node].placesWithin.append(place)
      }
      nodes[node].places.append(place)
    }
  }

  /// Passes over the value that comes next, checking all of it.
  ///
  /// - Parameter found: gets each place's value at the place's number, nil where there is none; of a member that is
  ///   repeated, the last one.
  func find(in reader: inout JSONReader, _ found: inout [Found?]) throws(JSONError) {
    try visit(0, &reader, &found)
  }

  // As deep as the longest pointer.
  private func visit(_ node: Int, _ reader: inout JSONReader, _ found: inout [Found?]) throws(JSONError) {
    // Nothing stays of the row before, nor of an earlier member of the same name.
    for place in nodes[node].placesWithin { found[place] = nil }
    if !nodes[node].places.isEmpty {
      let position = reader.position
      let token = try reader.token()
      for place in nodes[node].places { found[place] = Found(position: position, token: token) }
      guard !nodes[node].children.isEmpty else { return }
      reader.seek(to: position)
    }
    switch try reader.peek() {
    case .object where !nodes[node].children.isEmpty:
      try reader.beginObject()
      // Documents keep their members in one order, mostly that of the row before.
      var hint = 0
      while try reader.nextMember() {
        if let child = child(of: node, reader, &hint) { try visit(child, &reader, &found) } else { try reader.skip() }
      }
    case .array where !nodes[node].children.isEmpty:
      try reader.beginArray()
      var index = 0
      while try reader.nextElement() {
        if let child = nodes[node].children.first(where: { $0.step.index == index }) {
          try visit(child.node, &reader, &found)
        } else {
          try reader.skip()
        }
        index += 1
      }
    default: try reader.skip()
    }
  }

  /// The child that has the name of the member that was read last.
  private func child(of node: Int, _ reader: borrowing JSONReader, _ hint: inout Int) -> Int? {
    let children = nodes[node].children
    for _ in children.indices {
      if hint == children.count { hint = 0 }
      let child = children[hint]
      hint += 1
      if reader.equals(reader.memberToken, bytesOf: child.step.name) { return child.node }
    }
    return nil
  }
}
