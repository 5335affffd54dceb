import CacheSupport

/// The head of a chunk as bytes.
enum ChunkHeadCodec {
  /// A head with its measures in the order in which the rows have their columns.
  struct Ordered {
    var count: Int = 0
    var times: TimeRange?
    /// Ordered by the bytes of their names, which all differ.
    var measures: [(name: String, tally: MeasureTally)] = []
  }

  private enum Tag {
    static let no: UInt8 = 0
    static let yes: UInt8 = 1
    static let bigint: UInt8 = 2
    static let text: UInt8 = 3
    static let bits: UInt8 = 4
    /// As the least, the greatest, the first value.
    static let same: UInt8 = 5
    /// A whole number times a power of two.
    static let binary: UInt8 = 8
    /// 16 to 38: a decimal with 0 to 22 places.
    static let decimal: UInt8 = 16
    /// 64 to 86: a decimal with 0 to 22 places, and how many doubles further the number lies.
    static let nearDecimal: UInt8 = 64
  }

  private enum Flag {
    static let countDiffers: UInt8 = 1
    static let numbersDiffer: UInt8 = 2
    static let hasWhole: UInt8 = 4
    static let hasDecimals: UInt8 = 8
    static let hasCompensation: UInt8 = 16
    /// The four values are whole numbers, or decimals of as many places: the least, and how far the others are above it.
    static let areAlike: UInt8 = 32
  }

  static func write(_ head: Ordered) -> [UInt8] {
    var writer = ChunkWriter()
    writer.count(head.count)
    if let times = head.times {
      writer.signed(times.from)
      writer.number(UInt64(bitPattern: times.to &- times.from))
    }
    writer.count(head.measures.count)
    for (name, tally) in head.measures {
      writer.text(name)
      write(tally, of: head.count, to: &writer)
    }
    return writer.bytes
  }

  private static func write(_ tally: MeasureTally, of count: Int, to writer: inout ChunkWriter) {
    let sum = tally.sum.parts
    var flags: UInt8 = 0
    if tally.count != count { flags |= Flag.countDiffers }
    if tally.numbers != tally.count { flags |= Flag.numbersDiffer }
    if sum.whole != 0 { flags |= Flag.hasWhole }
    if sum.decimals != nil { flags |= Flag.hasDecimals }
    if sum.compensation.bitPattern != 0 { flags |= Flag.hasCompensation }
    let alike = alike(tally)
    if alike != nil { flags |= Flag.areAlike }
    writer.bytes.append(flags)
    if tally.count != count { writer.count(tally.count) }
    if tally.numbers != tally.count { writer.count(tally.numbers) }
    if let (kind, numbers) = alike {
      writer.bytes.append(kind)
      writer.signed(numbers[0])
      for number in numbers.dropFirst() { writer.number(UInt64(bitPattern: number &- numbers[0])) }
    } else {
      writeValues(of: tally, to: &writer)
    }
    if sum.whole != 0 { writer.wide(sum.whole) }
    if let decimals = sum.decimals { write(decimals, to: &writer) }
    if sum.compensation.bitPattern != 0 { write(sum.compensation, to: &writer) }
  }

  /// The least, greatest, first and last value as whole numbers, and what makes values of them; nil where they are not alike.
  private static func alike(_ tally: MeasureTally) -> (kind: UInt8, numbers: [Int64])? {
    let values = [tally.minimum, tally.maximum, tally.first, tally.last]
    let bigints = values.compactMap { value -> Int64? in if case .bigint(let value) = value { value } else { nil } }
    if bigints.count == values.count { return (Tag.bigint, bigints) }
    let doubles = values.compactMap { value -> Double? in if case .double(let value) = value { value } else { nil } }
    guard doubles.count == values.count else { return nil }
    return ChunkDoubles.decimals(doubles).map { (Tag.decimal + UInt8($0.places), $0.numbers) }
  }

  private static func writeValues(of tally: MeasureTally, to writer: inout ChunkWriter) {
    var before: [MeasureValue] = []
    for value in [tally.minimum, tally.maximum, tally.first, tally.last] {
      guard let value else { continue }
      write(value, after: before, to: &writer)
      before.append(value)
    }
  }

  private static func write(_ value: MeasureValue, after before: [MeasureValue], to writer: inout ChunkWriter) {
    switch value {
    case .boolean(let value): writer.bytes.append(value ? Tag.yes : Tag.no)
    case .bigint(let value):
      writer.bytes.append(Tag.bigint)
      writer.signed(value)
    case .double(let value): write(value, to: &writer)
    case .varchar(let text):
      for (place, earlier) in before.enumerated() {
        guard case .varchar(let earlier) = earlier, earlier.hasSameBytes(as: text) else { continue }
        writer.bytes.append(Tag.same + UInt8(place))
        return
      }
      writer.bytes.append(Tag.text)
      writer.text(text)
    }
  }

  /// A double in the shortest of several ways.
  private static func write(_ value: Double, to writer: inout ChunkWriter) {
    var shortest = ChunkWriter(bytes: [Tag.bits])
    shortest.bits(value)
    func consider(_ other: ChunkWriter) { if other.bytes.count < shortest.bytes.count { shortest = other } }
    for places in ChunkDoubles.tens.indices {
      let product = value * ChunkDoubles.tens[places]
      guard product.magnitude < 0x1p51 else { break }
      let number = Int64(product.rounded())
      let near = Double(number) / ChunkDoubles.tens[places]
      let distance = Int64(bitPattern: value.bitPattern) &- Int64(bitPattern: near.bitPattern)
      if distance == 0 {
        var decimal = ChunkWriter(bytes: [Tag.decimal + UInt8(places)])
        decimal.signed(number)
        consider(decimal)
        break
      }
      if distance.magnitude < 1 << 14 {
        var decimal = ChunkWriter(bytes: [Tag.nearDecimal + UInt8(places)])
        decimal.signed(number)
        decimal.signed(distance)
        consider(decimal)
      }
    }
    if value.isNormal {
      let zeros = (value.significandBitPattern | 1 << 52).trailingZeroBitCount
      let number = Int64((value.significandBitPattern | 1 << 52) >> zeros)
      var binary = ChunkWriter(bytes: [Tag.binary])
      binary.signed(Int64(value.exponent) - 52 + Int64(zeros))
      binary.signed(value.sign == .minus ? -number : number)
      consider(binary)
    }
    writer.bytes += shortest.bytes
  }

  static func read(_ bytes: [UInt8]) throws(ChunkError) -> Ordered {
    var reader = ChunkReader(bytes)
    var head = Ordered()
    head.count = try reader.count(upTo: ChunkLimits.rows, "rows")
    if head.count > 0 {
      let first = try reader.signed()
      let span = try reader.number()
      let last = first &+ Int64(bitPattern: span)
      guard UInt64(bitPattern: last &- first) == span, let times = TimeRange(from: first, to: last) else {
        throw ChunkError("the times end before they begin")
      }
      head.times = times
    }
    // A measure has its name's length, its flags and four values at least, and a value in some row.
    let measures = try reader.count(upTo: min(bytes.count / 6, ChunkLimits.values), "measures")
    head.measures.reserveCapacity(measures)
    for _ in 0..<measures {
      let name = try reader.text()
      if let last = head.measures.last, ByteText(last.name) >= ByteText(name) {
        throw ChunkError("the measures are not in order")
      }
      head.measures.append((name, try tally(of: head.count, from: &reader)))
    }
    try reader.finish()
    return head
  }

  private static func tally(of rows: Int, from reader: inout ChunkReader) throws(ChunkError) -> MeasureTally {
    let flags = try reader.byte()
    guard flags < 64 else { throw ChunkError("\(flags) are no flags of a measure") }
    var tally = MeasureTally()
    tally.count = flags & Flag.countDiffers == 0 ? rows : try reader.count(upTo: rows, "values")
    tally.numbers = flags & Flag.numbersDiffer == 0 ? tally.count : try reader.count(upTo: tally.count, "numbers")
    guard tally.count > 0 else { throw ChunkError("a measure has no values") }
    var values: [MeasureValue] = []
    if flags & Flag.areAlike == 0 {
      for _ in 0..<4 { values.append(try value(after: values, from: &reader)) }
    } else {
      let kind = try reader.byte()
      let least = try reader.signed()
      values.append(try value(kind, least))
      for _ in 0..<3 { values.append(try value(kind, least &+ Int64(bitPattern: try reader.number()))) }
    }
    (tally.minimum, tally.maximum, tally.first, tally.last) = (values[0], values[1], values[2], values[3])
    let whole = flags & Flag.hasWhole == 0 ? 0 : try reader.wide()
    let decimals = flags & Flag.hasDecimals == 0 ? nil : try double(try reader.byte(), from: &reader)
    let compensation = flags & Flag.hasCompensation == 0 ? 0 : try double(try reader.byte(), from: &reader)
    tally.sum = MeasureSum(whole: whole, decimals: decimals, compensation: compensation)
    return tally
  }

  private static func value(_ kind: UInt8, _ number: Int64) throws(ChunkError) -> MeasureValue {
    switch kind {
    case Tag.bigint: .bigint(number)
    case Tag.decimal...(Tag.decimal + 22): .double(Double(number) / ChunkDoubles.tens[Int(kind - Tag.decimal)])
    default: throw ChunkError("\(kind) is no kind of four values")
    }
  }

  private static func value(
    after before: [MeasureValue], from reader: inout ChunkReader
  ) throws(ChunkError) -> MeasureValue {
    switch try reader.byte() {
    case Tag.no: return .boolean(false)
    case Tag.yes: return .boolean(true)
    case Tag.bigint: return .bigint(try reader.signed())
    case Tag.text: return .varchar(try reader.text())
    case let tag where tag >= Tag.same && tag < Tag.binary:
      guard Int(tag - Tag.same) < before.count else { throw ChunkError("a value is as one that is not there") }
      return before[Int(tag - Tag.same)]
    case let tag: return .double(try double(tag, from: &reader))
    }
  }

  private static func double(_ tag: UInt8, from reader: inout ChunkReader) throws(ChunkError) -> Double {
    switch tag {
    case Tag.bits: return try reader.bits()
    case Tag.decimal...(Tag.decimal + 22):
      return Double(try reader.signed()) / ChunkDoubles.tens[Int(tag - Tag.decimal)]
    case Tag.nearDecimal...(Tag.nearDecimal + 22):
      let near = Double(try reader.signed()) / ChunkDoubles.tens[Int(tag - Tag.nearDecimal)]
      return Double(bitPattern: near.bitPattern &+ UInt64(bitPattern: try reader.signed()))
    case Tag.binary:
      guard let exponent = Int(exactly: try reader.signed()), -1100...1100 ~= exponent else {
        throw ChunkError("a power of two is out of bounds")
      }
      let number = Double(try reader.signed())
      return Double(sign: .plus, exponent: exponent, significand: number)
    default: throw ChunkError("\(tag) is no kind of value")
    }
  }
}
