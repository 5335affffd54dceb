import CacheSupport

extension SavedQuery {
  /// The longest name of a table or column, in bytes: Timestream's own limit.
  package static let maximumNameBytes: Int = 256
  /// The longest text that a value may be, in bytes.
  package static let maximumTextBytes: Int = 2048

  /// The SQL with a value for each parameter.
  ///
  /// - Parameters:
  ///   - values: by name; what is left out takes its default.
  ///   - database: where the tables are.
  ///   - now: epoch milliseconds, for times such as `now-24h`.
  /// - Throws: ``Failure`` that names the parameter.
  package func sql(
    _ values: [(name: String, value: String)], database: String, now: Int64
  ) throws(Failure) -> String {
    for (name, _) in values where !parameters.contains(where: { $0.name.hasSameBytes(as: name) }) {
      let known = parameters.map(\.name).joined(separator: ", ")
      throw Failure(
        description: "there is no parameter '\(name)'\(known.isEmpty ? "" : "; the query takes \(known)")")
    }
    var literals: [String] = []
    for parameter in parameters {
      guard let value = values.last(where: { $0.name.hasSameBytes(as: parameter.name) })?.value ?? parameter.standard
      else { throw Failure(description: "give a value: --parameter \(parameter.name)=… (\(parameter.words))") }
      literals.append(try Self.literal(value, of: parameter, database: database, now: now))
    }
    return pieces.map { piece in
      switch piece {
      case .sql(let text): text
      case .value(let index): literals[index]
      }
    }.joined()
  }

  /// A value as SQL: a quoted name, or a literal of the parameter's type.
  static func literal(
    _ value: String, of parameter: Parameter, database: String, now: Int64
  ) throws(Failure) -> String {
    func refuse(_ wanted: String) -> Failure {
      Failure(description: "the parameter '\(parameter.name)' is '\(value)': give \(wanted)")
    }
    switch parameter.kind {
    case .table, .name:
      guard (1...maximumNameBytes).contains(value.utf8.count), !value.utf8.contains(where: { $0 < 0x20 }) else {
        throw refuse("a name of 1 to \(maximumNameBytes) bytes")
      }
      let name = TimestreamExpression.name(ByteText(value))
      return parameter.kind == .table ? "\(TimestreamExpression.name(ByteText(database))).\(name)" : name
    case .text:
      guard value.utf8.count <= maximumTextBytes else { throw refuse("at most \(maximumTextBytes) bytes") }
      return TimestreamLiteral.text(value).sql
    case .number:
      // As JSON has numbers: no words, no hexadecimal digits.
      guard let json = try? JSON(parsing: value), let number = json.double, number.isFinite else {
        throw refuse("a decimal number")
      }
      return TimestreamLiteral.double(number).sql
    case .integer:
      guard let number = Int64(value) else { throw refuse("a whole number") }
      return TimestreamLiteral.integer(number).sql
    case .duration:
      guard let milliseconds = TimeExpression.duration(value), milliseconds > 0 else {
        throw refuse("a length of time such as 30s, 15m, 24h, 7d")
      }
      return TimestreamLiteral.duration(milliseconds).sql
    case .time:
      do throws(TimeExpression.Failure) {
        return TimestreamLiteral.time(try TimeExpression.instant(value, now: now)).sql
      } catch { throw refuse("an instant such as 2026-01-31T12:00:00Z or now-24h") }
    }
  }
}
