import CacheSupport

/// InfluxQL's names and texts, quoted; nothing else puts a name or a text into a statement.
///
/// See <https://docs.influxdata.com/influxdb/v1/query_language/spec/>.
enum InfluxQL {
  /// A name in double quotes, which alone keep it from being a keyword, an expression or a second statement.
  static func name(_ text: String) -> String { quoted(text, UInt8(ascii: "\"")) }

  /// A text in single quotes.
  static func text(_ text: String) -> String { quoted(text, UInt8(ascii: "'")) }

  /// It works on bytes: a quote followed by a combining mark is not a quote to Swift's `Character`, but it is to a parser.
  private static func quoted(_ text: String, _ quote: UInt8) -> String {
    var bytes: [UInt8] = [quote]
    bytes.reserveCapacity(text.utf8.count + 2)
    for byte in text.utf8 {
      switch byte {
      case quote, UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      // A line's end within quotes is an error to InfluxDB.
      case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      default: bytes.append(byte)
      }
    }
    bytes.append(quote)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// Statements that are sent in one request, and the values that they name.
struct InfluxQuestion: Sendable {
  private(set) var statements: [String] = []
  /// Values of `params`, which are never part of a statement's text.
  private(set) var parameters: [String] = []

  /// A value, as a statement names it.
  mutating func parameter(_ value: ByteText) -> String {
    parameters.append(value.text)
    return "$p\(parameters.count - 1)"
  }

  mutating func ask(_ statement: String) { statements.append(statement) }

  /// One statement.
  init(_ statement: String) { statements = [statement] }

  init() {}

  /// The form that is sent as a request's body.
  var form: [UInt8] {
    var form = "q=" + PercentEncoding.encode(statements.joined(separator: ";"))
    if !parameters.isEmpty {
      var writer = JSONWriter()
      writer.raw("{")
      for (index, value) in parameters.enumerated() {
        if index > 0 { writer.raw(",") }
        writer.string("p\(index)")
        writer.raw(":")
        writer.string(value)
      }
      writer.raw("}")
      form += "&params=" + PercentEncoding.encode(writer.bytes)
    }
    return Array(form.utf8)
  }
}

/// A value's type, as InfluxDB names it in `SHOW FIELD KEYS` and after `::`.
enum InfluxType: String, Sendable, Hashable, CaseIterable {
  case float, integer, unsigned, string, boolean

  /// How the list of a point's fields writes it.
  init?(letter: UInt8) {
    switch letter {
    case UInt8(ascii: "d"): self = .float
    case UInt8(ascii: "i"): self = .integer
    case UInt8(ascii: "s"): self = .string
    case UInt8(ascii: "b"): self = .boolean
    default: return nil
    }
  }

  init(_ value: MeasureValue) {
    switch value {
    case .double: self = .float
    case .bigint: self = .integer
    case .varchar: self = .string
    case .boolean: self = .boolean
    }
  }

  var letter: UInt8 {
    switch self {
    case .float: UInt8(ascii: "d")
    case .integer, .unsigned: UInt8(ascii: "i")
    case .string: UInt8(ascii: "s")
    case .boolean: UInt8(ascii: "b")
    }
  }
}

/// A field of a measurement as one of its types: InfluxDB knows a type for each shard.
struct InfluxField: Sendable, Hashable, Comparable {
  var name: ByteText
  var type: InfluxType

  /// The field as a column of an answer; what is of another type there is converted where it can be, else absent.
  var column: String { "\(InfluxQL.name(name.text))::\(type.rawValue)" }

  static func < (one: Self, other: Self) -> Bool {
    (one.name, one.type.rawValue) < (other.name, other.type.rawValue)
  }
}
