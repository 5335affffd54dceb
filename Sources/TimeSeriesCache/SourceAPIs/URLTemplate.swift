import CacheSupport

/// A text with `{name}` places: `{identifier}`, `{from:format}`, `{to:format}`, `{key}`, or any attribute of the item.
package struct URLTemplate: Sendable, Hashable {
  private enum Part: Sendable, Hashable {
    case literal(String)
    case variable(ByteText)
    case time(isStart: Bool, format: Format)
  }

  /// How `{from}` and `{to}` are written.
  enum Format: String, Sendable, CaseIterable {
    /// `2020-05-24T20:30:00Z`
    case iso8601
    /// `2020-05-24T20:30Z`
    case minutes
    /// `2020-05-24`
    case date
    case seconds
    case milliseconds

    func text(_ milliseconds: Int64) -> String {
      // Whole seconds: sources do not ask for more, and many refuse a fraction.
      let time = UTCTime(epochSeconds: (milliseconds >= 0 ? milliseconds : milliseconds - 999) / 1000)
      return switch self {
      case .iso8601: time.iso8601Text
      case .minutes: time.dateText + "T" + time.timeText.prefix(5) + "Z"
      case .date: time.dateText
      case .seconds: String(time.epochSeconds)
      case .milliseconds: String(milliseconds)
      }
    }
  }

  struct Failure: Error {
    var reason: String
    /// The variable without a value, where that is the reason.
    var missing: String?
  }

  private let parts: [Part]
  private let encodes: Bool

  /// - Parameter encodes: true percent-encodes what is put in; false, for headers, puts it in as it is.
  init(_ text: String, encodes: Bool) throws(Failure) {
    var parts: [Part] = []
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      if open > rest.startIndex { parts.append(.literal(String(rest[..<open]))) }
      guard let close = rest[open...].firstIndex(of: "}") else { throw Failure(reason: "a '{' without its '}'") }
      let name = rest[rest.index(after: open)..<close].split(separator: ":", maxSplits: 1).map(String.init)
      switch name.first {
      case "from", "to":
        let format = name.count > 1 ? name[1] : Format.iso8601.rawValue
        guard let known = Format(rawValue: format) else {
          throw Failure(
            reason:
              "'\(format)' is not a format of a time: give one of \(Format.allCases.map(\.rawValue).joined(separator: ", "))"
          )
        }
        parts.append(.time(isStart: name[0] == "from", format: known))
      case let name? where !name.isEmpty: parts.append(.variable(ByteText(name)))
      default: throw Failure(reason: "'{}' names nothing")
      }
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.literal(String(rest))) }
    self.parts = parts
    self.encodes = encodes
  }

  /// True where it names the window that is asked for.
  var usesTime: Bool {
    parts.contains { if case .time = $0 { true } else { false } }
  }

  func uses(_ name: ByteText) -> Bool { parts.contains(.variable(name)) }

  /// - Parameter values: what each name stands for.
  /// - Throws: `Failure` that names a variable without a value.
  func expanded(_ values: [ByteText: String], range: TimeRange) throws(Failure) -> String {
    var text = ""
    for part in parts {
      let value: String
      switch part {
      case .literal(let literal):
        text += literal
        continue
      case .time(let isStart, let format): value = format.text(isStart ? range.from : range.to)
      case .variable(let name):
        guard let known = values[name] else {
          throw Failure(
            reason: "{\(name)} has no value: the identifier's item has no attribute of that name", missing: name.text)
        }
        value = known
      }
      text += encodes ? PercentEncoding.encode(value) : value
    }
    return text
  }
}
