package import CacheSupport

/// The points of a body of line protocol, in columns: a few arrays for all of them, and no object for any.
package struct ParsedPoints: Sendable {
  /// One line of the body.
  package struct Point: Sendable, Hashable {
    /// Its place in ``ParsedPoints/series``.
    package var series: Int32
    /// Where it starts, 1 for the body's first line.
    package var line: Int32
    /// Epoch nanoseconds.
    package var time: Int64
    /// Its places in ``ParsedPoints/fields``: at least one.
    package var fields: Range<Int32>
  }

  /// A name and a value.
  package struct Field: Sendable, Hashable {
    enum Kind: UInt8, Sendable {
      case double
      case bigint
      case boolean
      case text
    }

    /// The value itself; of a text its place in ``ParsedPoints/texts`` and, in the lower half, its bytes' number.
    var bits: UInt64
    /// Its place in ``ParsedPoints/names``.
    package var name: Int32
    var kind: Kind
  }

  /// The series, each once however its tags are ordered, in the order of their first points.
  package internal(set) var series: [SeriesKey] = []
  /// The points in the order of their lines.
  package internal(set) var points: [Point] = []
  /// The fields of all points; a name may appear twice in one point, and the later one counts.
  package internal(set) var fields: [Field] = []
  /// The names of fields, each once.
  package internal(set) var names: [ByteText] = []
  /// The texts of all fields, one after another.
  var texts: [UInt8] = []
  /// How many entries of the parser's tables were looked at: a test counts them.
  package internal(set) var probes: Int = 0

  /// The value of a field.
  package func value(of field: Field) -> MeasureValue {
    switch field.kind {
    case .double: .double(Double(bitPattern: field.bits))
    case .bigint: .bigint(Int64(bitPattern: field.bits))
    case .boolean: .boolean(field.bits != 0)
    case .text:
      .varchar(
        unsafe texts.withUnsafeBufferPointer { texts in
          let start = Int(field.bits >> 32)
          return unsafe String(
            decoding: texts[start..<start + Int(UInt32(truncatingIfNeeded: field.bits))], as: UTF8.self)
        })
    }
  }

  /// A field as the stores know it.
  package func measure(_ field: Field) -> Measure { Measure(names[Int(field.name)].text, value(of: field)) }
}
