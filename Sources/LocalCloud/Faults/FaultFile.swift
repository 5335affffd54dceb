import CacheSupport

/// Faults on purpose as they are written: YAML or JSON with `faults`, a list of rules, and `seed`.
///
/// The format is in docs/local-cloud.md.
public struct FaultFile: Sendable {
  /// For messages.
  public var name: String
  public var text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }

  static let mostRules: Int = 100
  /// As long as a function may run.
  static let longestDelay: Int64 = 900_000
  static let mostSkew: Int64 = 7 * 86_400

  /// - Parameter targets: what there is to be struck.
  /// - Throws: ``TemplateError`` with the file's name and the line.
  func read(_ targets: FaultTargets) throws(TemplateError) -> FaultSet {
    do throws(TemplateError) {
      guard text.utf8.count <= YAMLReader.sizeLimit else {
        throw TemplateError("it has at most \(YAMLReader.sizeLimit) bytes, not \(text.utf8.count)")
      }
      guard text.utf8.contains(where: { $0 > 0x20 }) else { throw TemplateError("it is empty; give faults: […]") }
      let root = try YAMLReader.parse(text)
      var members = try Members(root, "the file")
      // JSON's integers are exact to 2^53 for most programs.
      let seed = try members.integer("seed", in: 0...(1 << 53))
      guard let list = try members.value("faults") else {
        throw TemplateError("faults is missing: a list of rules", line: root.line)
      }
      guard let elements = list.elements else {
        throw TemplateError("faults is a list of rules, not \(list.kindName)", line: list.line)
      }
      guard elements.count <= Self.mostRules else {
        throw TemplateError("there are at most \(Self.mostRules) rules, not \(elements.count)", line: list.line)
      }
      var rules: [FaultRule] = []
      for (index, element) in elements.enumerated() {
        do throws(TemplateError) {
          let rule = try Self.rule(element)
          do throws(FaultTargets.Unknown) { try targets.check(rule) } catch {
            throw TemplateError(error.description, line: element.line)
          }
          rules.append(rule)
        } catch {
          throw TemplateError("rule \(index + 1): \(error.message)", line: error.line ?? element.line)
        }
      }
      try members.end()
      return FaultSet(seed: seed.map { UInt64($0) } ?? .random(in: 0...UInt64(UInt32.max)), rules: rules)
    } catch {
      var error = error
      error.file = name
      throw error
    }
  }

  private static func rule(_ value: TemplateValue) throws(TemplateError) -> FaultRule {
    var members = try Members(value, "a rule")
    let kinds = FaultRule.Effect.Kind.allCases
    guard let name = try members.text("fault") else {
      throw TemplateError("fault is missing: one of \(kinds.map(\.rawValue).joined(separator: ", "))", line: value.line)
    }
    guard let kind = FaultRule.Effect.Kind(rawValue: name) else {
      throw TemplateError(
        "there is no fault '\(name)'; there are \(kinds.map(\.rawValue).joined(separator: ", "))", line: members.line)
    }
    var rule = FaultRule(effect: try effect(kind, &members, value.line))
    rule.service = try members.name("service")
    rule.operation = try members.name("operation")
    rule.resource = try members.name("resource")
    rule.frequency = try frequency(&members, value.line)
    try members.end()
    return rule
  }

  private static func effect(
    _ kind: FaultRule.Effect.Kind, _ members: inout Members, _ line: Int
  ) throws(TemplateError) -> FaultRule.Effect {
    switch kind {
    case .throttling: return .throttling
    case .dropBefore: return .dropBefore
    case .dropAfter: return .dropAfter
    case .functionError: return .functionError
    case .serverError:
      let status = try members.integer("status", in: 500...503) ?? 500
      guard status == 500 || status == 503 else {
        throw TemplateError("status is 500 or 503, not \(status)", line: members.line)
      }
      return .serverError(status: Int(status))
    case .latency:
      guard let range = try members.range("milliseconds", in: 0...longestDelay) else {
        throw TemplateError("milliseconds is missing: a number, or a list of the least and the most", line: line)
      }
      return .latency(range)
    case .unprocessed: return .unprocessed(share: try members.share())
    case .failedEntries: return .failedEntries(share: try members.share())
    case .rejectedRecords:
      return .rejectedRecords(
        share: try members.share(),
        reason: try members.text("reason") ?? "The record is rejected by a fault on purpose.")
    case .clockSkew:
      guard let seconds = try members.integer("seconds", in: -mostSkew...mostSkew) else {
        throw TemplateError("seconds is missing: how far the service's clock is ahead", line: line)
      }
      return .clockSkew(seconds)
    }
  }

  private static func frequency(_ members: inout Members, _ line: Int) throws(TemplateError) -> FaultRule.Frequency {
    var found: [FaultRule.Frequency] = []
    if let value = try members.fraction("probability") { found.append(.probability(value)) }
    if let count = try members.integer("first", in: 1...1_000_000_000) { found.append(.first(Int(count))) }
    if let count = try members.integer("every", in: 1...1_000_000_000) { found.append(.every(Int(count))) }
    guard found.count <= 1 else {
      throw TemplateError("give probability, first or every, not several of them", line: line)
    }
    return found.first ?? .always
  }
}

/// The members of a map, each read once; what is left over has no meaning.
private struct Members {
  private let what: String
  private var left: [TemplateValue.Member]
  private var names: [String] = []
  /// Of the member that was read last.
  private(set) var line: Int

  init(_ value: TemplateValue, _ what: String) throws(TemplateError) {
    guard let members = value.members else {
      throw TemplateError("\(what) is a map, not \(value.kindName)", line: value.line)
    }
    self.what = what
    left = members
    line = value.line
  }

  mutating func value(_ name: String) throws(TemplateError) -> TemplateValue? {
    names.append(name)
    guard let index = left.firstIndex(where: { $0.name == name }) else { return nil }
    let value = left.remove(at: index).value
    line = value.line
    return value
  }

  mutating func text(_ name: String) throws(TemplateError) -> String? {
    guard let value = try value(name) else { return nil }
    guard let text = value.text, !text.isEmpty else {
      throw TemplateError("\(name) is a text, not \(value.text == nil ? value.kindName : "an empty one")", line: line)
    }
    return text
  }

  /// A name; nil for `*`, too.
  mutating func name(_ name: String) throws(TemplateError) -> String? {
    let text = try text(name)
    return text == "*" ? nil : text
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int64>) throws(TemplateError) -> Int64? {
    try value(name).map { value throws(TemplateError) in try integer(name, value, range) }
  }

  private func integer(
    _ name: String, _ value: TemplateValue, _ range: ClosedRange<Int64>
  ) throws(TemplateError) -> Int64 {
    guard case .number(let text) = value.kind, let number = Int64(text), range.contains(number) else {
      let words = "\(name) is a whole number from \(range.lowerBound) to \(range.upperBound)"
      throw TemplateError("\(words), not \(value.text.map { "'\($0)'" } ?? value.kindName)", line: value.line)
    }
    return number
  }

  /// A number, or a list of the least and the most.
  mutating func range(
    _ name: String, in range: ClosedRange<Int64>
  ) throws(TemplateError) -> ClosedRange<Int64>? {
    guard let value = try value(name) else { return nil }
    guard let bounds = value.elements else {
      let number = try integer(name, value, range)
      return number...number
    }
    guard bounds.count == 2 else {
      throw TemplateError("\(name) is a number, or a list of two: the least and the most", line: value.line)
    }
    let (least, most) = (try integer(name, bounds[0], range), try integer(name, bounds[1], range))
    guard least <= most else {
      throw TemplateError("\(name) has the least first: [\(most), \(least)]", line: value.line)
    }
    return least...most
  }

  /// A number above 0, up to 1.
  mutating func fraction(_ name: String) throws(TemplateError) -> Double? {
    guard let value = try value(name) else { return nil }
    guard case .number(let text) = value.kind, let number = Double(text), number > 0, number <= 1 else {
      let given = value.text.map { "'\($0)'" } ?? value.kindName
      throw TemplateError("\(name) is a number above 0 and up to 1, not \(given)", line: value.line)
    }
    return number
  }

  mutating func share() throws(TemplateError) -> Double { try fraction("share") ?? 0.5 }

  func end() throws(TemplateError) {
    guard let first = left.first else { return }
    throw TemplateError(
      "\(what) has no member '\(first.name)' here; it has \(names.joined(separator: ", "))", line: first.value.line)
  }
}
