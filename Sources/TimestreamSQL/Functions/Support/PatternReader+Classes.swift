/// Classes of characters, in brackets.
extension PatternReader {
  /// After `[`.
  mutating func set() throws(Refusal) -> ScalarTest {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw .unsupported("classes nested deeper than \(Self.maximumDepth)") }
    let isNegated = take("^")
    var tests: [ScalarTest] = []
    /// What stands between `&&`; nothing there says nothing.
    var operands: [ScalarTest] = []
    var isFirst = true
    func all() throws(Refusal) -> ScalarTest {
      let all = tests.isEmpty ? operands : operands + [.union(tests)]
      guard !all.isEmpty else { throw .invalid }
      return all.count == 1 ? all[0] : .all(all)
    }
    while true {
      skipComments()
      if next == "]", !isFirst {
        place += 1
        let test = try all()
        return isNegated ? .not(test) : test
      }
      isFirst = false
      if take("&&") {
        if !tests.isEmpty { operands.append(.union(tests)) }
        tests = []
        continue
      }
      tests.append(try setItem())
    }
  }

  private mutating func setItem() throws(Refusal) -> ScalarTest {
    if take("[:") {
      let isNegated = take("^")
      var name = ""
      while let sign = next, sign != ":" {
        name.unicodeScalars.append(sign)
        place += 1
      }
      guard take(":]"), let property = ScalarProperty(name) else { throw .invalid }
      return cased(isNegated ? .not(.property(property)) : .property(property))
    }
    if take("[") { return try set() }
    let first = try setScalar()
    skipComments()
    guard next == "-", place + 1 < scalars.count, scalars[place + 1] != "]", case .range(let low, _) = first else {
      return cased(first)
    }
    // A class after the hyphen makes that a character of its own: [a-[b]].
    guard scalars[place + 1] != "[" else { return cased(first) }
    place += 1
    skipComments()
    guard case .range(let high, _) = try setScalar(), low <= high else { throw .invalid }
    return cased(.range(low, high))
  }

  private mutating func setScalar() throws(Refusal) -> ScalarTest {
    let sign = try taken()
    guard sign == "\\" else { return .only(sign) }
    return try escapedTest()
  }
}
