import CacheSupport
import LambdaRuntime

/// The parameters of a request, by names that compare by bytes; each is given at most once, unless it may be repeated.
struct QueryParameters {
  private var values: [ByteText: [String]] = [:]

  /// - Parameter repeatable: the one name that may appear any number of times.
  /// - Throws: 400 for another parameter that appears twice, and for one that is not UTF-8.
  init(_ items: [HTTPEvent.QueryItem], repeatable: ByteText? = nil) throws(APIError) {
    for item in items {
      guard let name = String(validating: item.name, as: UTF8.self) else {
        throw .badRequest("the name of a parameter is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
      }
      guard let value = String(validating: item.value, as: UTF8.self) else {
        throw .badRequest("the parameter '\(name.prefix(40))' is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
      }
      let key = ByteText(name)
      guard values[key] == nil || key == repeatable else {
        throw .badRequest("the parameter '\(name.prefix(40))' appears twice: give it once")
      }
      values[key, default: []].append(value)
    }
  }

  subscript(name: ByteText) -> String? { values[name]?.first }

  /// Every value of a parameter that may be repeated, in their order.
  func all(_ name: ByteText) -> [String] { values[name] ?? [] }

  /// - Throws: 400 for a parameter that is not among these.
  func require(only known: [ByteText]) throws(APIError) {
    guard let unknown = values.keys.filter({ !known.contains($0) }).min() else { return }
    guard !known.isEmpty else {
      throw .badRequest("there is no parameter '\(unknown.text.prefix(40))': this path takes none")
    }
    throw .badRequest(
      "there is no parameter '\(unknown.text.prefix(40))': give \(known.map(\.text).joined(separator: ", "))")
  }

  /// The identifier in the parameter `id`.
  ///
  /// - Throws: 400 where it is absent or not an identifier.
  func identifier() throws(APIError) -> Identifier {
    guard let text = self["id"], !text.isEmpty else { throw .badRequest("add id to the query: the series' identifier") }
    return try Identifier(decoding: Array(text.utf8))
  }

  /// A whole number, or the default where the parameter is absent.
  ///
  /// - Throws: 400 that names the bounds.
  func integer(_ name: ByteText, default: Int, in range: ClosedRange<Int>) throws(APIError) -> Int {
    guard let text = self[name] else { return `default` }
    guard text.utf8.first != UInt8(ascii: "+"), let value = Int(text), range.contains(value) else {
      throw .badRequest(
        "\(name) is '\(text.prefix(40))': give a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// Names with commas between; nil where the parameter is absent or empty. Blanks around a name are not part of it, those within it
  /// are.
  func names(_ name: ByteText) throws(APIError) -> [String]? {
    guard let list = self[name], !list.isEmpty else { return nil }
    let names = list.utf8.split(separator: UInt8(ascii: ",")).map { Substring($0).trimmed }.filter { !$0.isEmpty }
    guard !names.isEmpty else {
      throw .badRequest("\(name) is '\(list.prefix(40))': give names with commas between, or leave it out for all")
    }
    return names
  }

  /// The bounds `from` and `to`: a day back and a day ahead where they are not given.
  ///
  /// - Parameter isNeeded: false beside a cursor, which has bounds of its own: the order then does not count, but a text that is no
  ///   instant is a mistake all the same.
  func range(now: Int64, isNeeded: Bool = true) throws(APIError) -> TimeRange? {
    let from = try instant("from", now: now) ?? now - 86_400_000
    let to = try instant("to", now: now) ?? now + 86_400_000
    if let range = TimeRange(from: from, to: to) { return range }
    guard isNeeded else { return nil }
    throw .badRequest(
      self["from"] != nil && self["to"] != nil
        ? "'from' is after 'to': exchange them"
        : "'from' is after 'to': give both, else 'from' is a day ago and 'to' is in a day")
  }

  /// A bound as epoch milliseconds; nil where it is not given, or empty.
  ///
  /// - Throws: 400 that names the bound, and its limits where it is outside them.
  func instant(_ name: ByteText, now: Int64) throws(APIError) -> Int64? {
    guard let text = self[name], !text.isEmpty else { return nil }
    do throws(TimeExpression.Failure) { return try TimeExpression.instant(text, now: now) } catch {
      switch error {
      case .unreadable:
        throw .badRequest(
          "\(name) is '\(text.prefix(40))': give epoch milliseconds, ISO 8601 (2026-11-20T12:00Z), now, now-24h or now+2d (at most 100 years)"
        )
      case .outOfBounds: throw .outOfBounds(name, text)
      }
    }
  }
}
