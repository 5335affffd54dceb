import Compression

/// Doubles as they are in a chunk, bit for bit.
///
/// The first byte says how: 0 to 22 are decimals with so many places, whole numbers that are divided by a power of ten; 32 are differences
/// to the value before, by exclusive or; 33 are split into sign and exponent, and mantissa.
enum ChunkDoubles {
  /// Ten to the power of 0 to 22: all of them are exact.
  static let tens: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
  static let xor: UInt8 = 32
  static let split: UInt8 = 33

  static func write(
    _ values: [Double], to meta: inout ChunkWriter, _ data: inout [UInt8], _ parts: inout [Deflate.Part]
  ) {
    if let (places, numbers) = decimals(values) {
      meta.bytes.append(UInt8(places))
      ChunkIntegers.write(numbers, to: &meta, &data)
      return
    }
    var (changed, used) = (UInt64(0), UInt64(0))
    var xorBits = 0
    var (least, greatest) = (UInt64.max, UInt64(0))
    var before: UInt64 = 0
    for value in values {
      let bits = value.bitPattern
      changed |= bits ^ before
      used |= bits
      // Whole bytes: of a plane that is noise in part deflate makes little.
      xorBits += (64 - (bits ^ before).leadingZeroBitCount + 7) & ~7
      (least, greatest) = (min(least, bits >> 52), max(greatest, bits >> 52))
      before = bits
    }
    let lowest = changed.trailingZeroBitCount / 8
    let mantissa = max(0, 52 - used.trailingZeroBitCount)
    let splitBits = values.count * mantissa + exponentBits(values, least, greatest)
    if xorBits - values.count * 8 * min(lowest, 7) < splitBits {
      let width = changed == 0 ? 0 : (64 - changed.leadingZeroBitCount + 7) / 8 - lowest
      meta.bytes += [xor, UInt8(width == 0 ? 0 : lowest) | UInt8(width) << 4]
      ChunkIntegers.planes(width, values.count, to: &data) { index in
        (values[index].bitPattern ^ (index == 0 ? 0 : values[index - 1].bitPattern)) >> UInt64(8 * lowest)
      }
    } else {
      meta.bytes.append(split)
      // Noise of few values: differences have more.
      ChunkIntegers.write(values.map { Int64($0.bitPattern >> 52) }, upTo: .none, to: &meta, &data)
      parts.append(Deflate.Part(end: data.count, .shuffled))
      let kept = 6 - min(6, used.trailingZeroBitCount / 8)
      meta.bytes.append(UInt8(kept))
      // Four bits of each, two numbers a byte: they are noise, and deflate has no use for them.
      for index in stride(from: 0, to: values.count, by: 2) {
        let next = index + 1 < values.count ? values[index + 1].bitPattern : 0
        data.append(UInt8(values[index].bitPattern >> 48 & 15) | UInt8(next >> 48 & 15) << 4)
      }
      ChunkIntegers.planes(kept, values.count, to: &data) { values[$0].bitPattern >> UInt64(8 * (6 - kept)) }
      parts.append(Deflate.Part(end: data.count, areMostlyDifferent(values) ? .noise : .any))
    }
  }

  static func read(
    _ count: Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> [Double] {
    let method = try meta.byte()
    switch method {
    case 0...22:
      let numbers = try ChunkIntegers.read(count, from: &meta, &data)
      let ten = tens[Int(method)]
      return method == 0 ? numbers.map { Double($0) } : numbers.map { Double($0) / ten }
    case xor:
      let shape = try meta.byte()
      let (lowest, width) = (shape & 15, Int(shape >> 4))
      guard Int(lowest) + width <= 8 else { throw ChunkError("\(shape) is no range of a double's bytes") }
      var before: UInt64 = 0
      return try ChunkIntegers.planes(width, count, from: &data).map { number in
        before ^= UInt64(bitPattern: number) << UInt64(8 * lowest)
        return Double(bitPattern: before)
      }
    case split:
      let exponents = try ChunkIntegers.read(count, from: &meta, &data)
      let kept = Int(try meta.byte())
      guard kept <= 6 else { throw ChunkError("\(kept) are too many bytes of a mantissa") }
      let pairs = try data.range((count + 1) / 2)
      var values = try ChunkIntegers.planes(kept, count, from: &data).map {
        UInt64(bitPattern: $0) << UInt64(8 * (6 - kept))
      }
      for index in values.indices {
        guard let exponent = UInt64(exactly: exponents[index]), exponent < 1 << 12 else {
          throw ChunkError("\(exponents[index]) is no sign and exponent of a double")
        }
        let pair = UInt64(data.bytes[pairs.lowerBound + index / 2])
        values[index] |= (index & 1 == 0 ? pair & 15 : pair >> 4) << 48 | exponent << 52
      }
      return values.map { Double(bitPattern: $0) }
    default: throw ChunkError("\(method) is no encoding of doubles")
    }
  }

  /// The bits that the signs and exponents take after deflate: what each costs by how often it is there.
  private static func exponentBits(_ values: [Double], _ least: UInt64, _ greatest: UInt64) -> Int {
    guard greatest - least < 64 else { return 12 * values.count }
    var counts = [Int](repeating: 0, count: 64)
    for value in values { counts[Int(value.bitPattern >> 52 - least)] += 1 }
    // The bits of a whole number are the logarithm that is taken here.
    func logarithm(_ count: Int) -> Int { Int.bitWidth - count.leadingZeroBitCount - 1 }
    return counts.reduce(0) { $1 == 0 ? $0 : $0 + $1 * (1 + logarithm(values.count) - logarithm($1)) }
  }

  /// True where few values are there more than once, so that their bytes do not repeat either.
  private static func areMostlyDifferent(_ values: [Double]) -> Bool {
    // A place by chance for each: different values share some, equal ones all.
    let places = max(64, 1 << (Int.bitWidth - values.count.leadingZeroBitCount))
    var taken = [Bool](repeating: false, count: places)
    for value in values { taken[Int((value.bitPattern &* 0x9E37_79B9_7F4A_7C15) >> 32) & (places - 1)] = true }
    return taken.reduce(0) { $0 + ($1 ? 1 : 0) } * 2 > values.count
  }

  /// Whole numbers that divided by a power of ten are these values, bit for bit; nil where there are none.
  static func decimals(_ values: [Double]) -> (places: Int, numbers: [Int64])? {
    var places = 0
    for value in values {
      while whole(value, tens[places]) == nil {
        places += 1
        if places == tens.count { return nil }
      }
    }
    let ten = tens[places]
    var numbers: [Int64] = []
    numbers.reserveCapacity(values.count)
    for value in values {
      // What fewer places say, more do not where the number passes 51 bits.
      guard let number = whole(value, ten) else { return nil }
      numbers.append(number)
    }
    return (places, numbers)
  }

  /// The whole number that is this value when it is divided; nil where there is none of 51 bits.
  static func whole(_ value: Double, _ ten: Double) -> Int64? {
    let product = value * ten
    guard product.magnitude < 0x1p51 else { return nil }
    // Where the lowest bit of a double says 1, this sum is rounded to a whole number.
    let number = Int64(bitPattern: (product + 0x1.8p52).bitPattern &- (0x1.8p52 as Double).bitPattern)
    return (Double(number) / ten).bitPattern == value.bitPattern ? number : nil
  }
}
