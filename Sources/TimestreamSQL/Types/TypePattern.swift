import SQLiteStore

/// What a parameter of a function over lists takes, and what such a function gives.
indirect enum TypePattern: Sendable {
  /// A type to which the argument coerces.
  case exactly(TimestreamType)
  /// Any type; the same wherever the letter stands.
  case any(Character)
  /// Any type with an order: no list.
  case ordered(Character)
  case array(TypePattern)
  case timeseries(TypePattern)
  /// A row of `time` and `value`.
  case point(TypePattern)
  case row([TypePattern])
  /// Parameters, each with its SQL, and the result.
  case lambda([(pattern: TypePattern, sql: SQLTemplate)], TypePattern)
  /// Any number.
  case numeric(Character)
  /// A number without a fraction.
  case whole

  static let t: TypePattern = .any("T")
  static let u: TypePattern = .any("U")
  static let varchar: TypePattern = .exactly(.varchar)
  static let boolean: TypePattern = .exactly(.boolean)
  static let integer: TypePattern = .exactly(.integer)
  static let bigint: TypePattern = .exactly(.bigint)
  static let double: TypePattern = .exactly(.double)
  static let timestamp: TypePattern = .exactly(.timestamp)
  static let date: TypePattern = .exactly(.date)
  static let time: TypePattern = .exactly(.time)
  static let interval: TypePattern = .exactly(.interval)
  static let months: TypePattern = .exactly(.intervalMonths)

  /// What the letters stand for in one call.
  struct Bindings: Equatable {
    private var types: [Character: TimestreamType] = [:]

    /// Whether an argument's type fits, which may widen what a letter stands for.
    mutating func fit(_ pattern: TypePattern, _ type: TimestreamType) -> Bool {
      switch pattern {
      case .exactly(let wanted): return TimestreamType.common(wanted, type) == wanted
      case .ordered where type.isList: return false
      case .any(let letter), .ordered(let letter):
        guard let common = TimestreamType.common(types[letter] ?? .unknown, type) else { return false }
        types[letter] = common
        return true
      case .numeric(let letter):
        // A null is a double, as long as nothing says otherwise.
        guard type.isNumeric || type == .unknown else { return false }
        types[letter] = type == .unknown ? .double : type
        return true
      case .whole: return type == .integer || type == .bigint || type == .unknown
      case .array(let element):
        if type == .unknown { return true }
        return type.element.map { fit(element, $0) } ?? false
      case .timeseries(let value):
        if case .timeseries(let found) = type { return fit(value, found) }
        return type == .unknown
      case .point(let value):
        if case .row(let members) = type, members.count == 2, members[0].type == .timestamp {
          return fit(value, members[1].type)
        }
        return false
      case .row, .lambda: return false
      }
    }

    /// The type that a pattern has become.
    func type(of pattern: TypePattern) -> TimestreamType {
      switch pattern {
      case .exactly(let type): type
      case .any(let letter), .ordered(let letter), .numeric(let letter): types[letter] ?? .unknown
      case .whole: .bigint
      case .array(let element): .array(type(of: element))
      case .timeseries(let value): .timeseries(type(of: value))
      case .point(let value): .point(type(of: value))
      case .row(let members): .row(members.map { .init(name: nil, type: type(of: $0)) })
      case .lambda(_, let result): type(of: result)
      }
    }
  }
}

/// What becomes of the items of a list where its type becomes another: whole numbers doubles, dates timestamps.
struct ListWidening {
  fileprivate indirect enum Step {
    case keep, double, timestamp
    case items(Step)
    case members([Step])
  }
  private let step: Step

  /// Nil where nothing changes but the type's name.
  init?(from type: TimestreamType, to target: TimestreamType) {
    step = Self.step(type, target)
    if case .keep = step { return nil }
  }

  private static func step(_ type: TimestreamType, _ target: TimestreamType) -> Step {
    switch (type, target) {
    case (.integer, .double), (.bigint, .double): return .double
    case (.date, .timestamp): return .timestamp
    case (.row(let ones), .row(let others)):
      let steps = zip(ones, others).map { step($0.type, $1.type) }
      return steps.allSatisfy(\.isKeep) ? .keep : .members(steps)
    default:
      guard let one = type.element, let other = target.element else { return .keep }
      let inner = step(one, other)
      return inner.isKeep ? .keep : .items(inner)
    }
  }

  /// The steps as a text, which travels to the function `ts_widen`.
  var text: String { step.text }

  init(text: String) {
    var rest = text[...]
    step = Step(&rest)
  }

  func apply(_ value: SQLValue) -> SQLValue { step.apply(value) }
}

extension ListWidening.Step {
  fileprivate var isKeep: Bool { if case .keep = self { true } else { false } }

  fileprivate var text: String {
    switch self {
    case .keep: "."
    case .double: "d"
    case .timestamp: "t"
    case .items(let inner): "[\(inner.text)"
    case .members(let steps): "(\(steps.map(\.text).joined()))"
    }
  }

  fileprivate init(_ text: inout Substring) {
    switch text.popFirst() {
    case "d": self = .double
    case "t": self = .timestamp
    case "[": self = .items(Self(&text))
    case "(":
      var steps: [Self] = []
      while let next = text.first, next != ")" { steps.append(Self(&text)) }
      _ = text.popFirst()
      self = .members(steps)
    default: self = .keep
    }
  }

  fileprivate func apply(_ value: SQLValue) -> SQLValue {
    switch (self, value) {
    case (.double, .integer(let number)): .real(Double(number))
    case (.timestamp, .integer(let days)): .integer(days.multipliedReportingOverflow(by: CalendarMath.day).partialValue)
    case (.items(let inner), .blob): .list(value.items.map { inner.apply($0) })
    case (.members(let steps), .blob): .list(zip(steps, value.items).map { $0.apply($1) })
    default: value
    }
  }
}
