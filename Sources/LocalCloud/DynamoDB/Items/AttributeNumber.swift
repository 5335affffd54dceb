/// DynamoDB's numbers: up to 38 significant digits, exponents from -130 to 125, kept and compared as decimals.
struct AttributeNumber: Hashable {
  var isNegative: Bool
  /// Significant digits without zeros at either end; empty for zero.
  var digits: [UInt8]
  /// The value is 0.d₁d₂d₃… × 10^exponent.
  var exponent: Int

  enum Failure: Error { case notANumber, overflow, underflow, tooManyDigits }

  init(_ text: String) throws(Failure) {
    var rest = Array(text.utf8)[...]
    var exponent = 0
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
    if let mark = rest.firstIndex(where: { $0 == UInt8(ascii: "e") || $0 == UInt8(ascii: "E") }) {
      exponent = try Self.power(rest[(mark + 1)...])
      rest = rest[..<mark]
    }
    var digits: [UInt8] = []
    var point: Int?
    for byte in rest {
      if byte == UInt8(ascii: "."), point == nil {
        point = digits.count
      } else if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
        digits.append(byte)
      } else {
        throw .notANumber
      }
    }
    guard !digits.isEmpty else { throw .notANumber }
    try self.init(isNegative: isNegative, digits: digits, exponent: exponent + (point ?? digits.count))
  }

  /// - Parameters:
  ///   - digits: as ASCII, with any zeros at either end.
  ///   - exponent: that of 0.d₁d₂d₃….
  private init(isNegative: Bool, digits: [UInt8], exponent: Int) throws(Failure) {
    let zero = UInt8(ascii: "0")
    let significant = digits.drop { $0 == zero }
    var kept = Array(significant)
    while kept.last == zero { kept.removeLast() }
    self.digits = kept
    self.exponent = self.digits.isEmpty ? 0 : exponent - (digits.count - significant.count)
    self.isNegative = isNegative && !self.digits.isEmpty
    guard self.digits.count <= 38 else { throw .tooManyDigits }
    if self.exponent > 126 { throw .overflow }
    if self.exponent < -129 { throw .underflow }
  }

  /// The number after `e`; one that no digits can make up for is cut to a million.
  private static func power(_ text: ArraySlice<UInt8>) throws(Failure) -> Int {
    let isDown = text.first == UInt8(ascii: "-")
    let digits = isDown || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
    guard !digits.isEmpty else { throw .notANumber }
    var power = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw .notANumber }
      power = min(power * 10 + Int(digit - UInt8(ascii: "0")), 1_000_000)
    }
    return isDown ? -power : power
  }

  /// The exact sum.
  ///
  /// - Throws: `overflow` also for one that has more than 38 digits, as DynamoDB calls it.
  func adding(_ other: AttributeNumber) throws(Failure) -> AttributeNumber {
    if digits.isEmpty { return other }
    if other.digits.isEmpty { return self }
    // Both as whole numbers of one length: exponents are within 256 of one another.
    let top = max(exponent, other.exponent) + 1
    let bottom = min(exponent - digits.count, other.exponent - other.digits.count)
    func aligned(_ number: AttributeNumber) -> [Int] {
      var places = [Int](repeating: 0, count: top - bottom)
      for (index, digit) in number.digits.enumerated() {
        places[top - number.exponent + index] = Int(digit - UInt8(ascii: "0"))
      }
      return places
    }
    let (one, two) = (aligned(self), aligned(other))
    let differ = isNegative != other.isNegative
    let isSmaller = differ && one.lexicographicallyPrecedes(two)
    let (larger, smaller) = isSmaller ? (two, one) : (one, two)
    var carry = 0
    var sum = [UInt8](repeating: UInt8(ascii: "0"), count: larger.count)
    for index in larger.indices.reversed() {
      var place = larger[index] + carry + (differ ? -smaller[index] : smaller[index])
      carry = place < 0 ? -1 : place / 10
      place -= 10 * carry
      sum[index] += UInt8(truncatingIfNeeded: place)
    }
    do throws(Failure) {
      return try AttributeNumber(isNegative: isSmaller ? other.isNegative : isNegative, digits: sum, exponent: top)
    } catch {
      throw error == .tooManyDigits ? .overflow : error
    }
  }

  /// The number with the other sign; zero has none.
  var negated: AttributeNumber {
    var number = self
    number.isNegative = !isNegative && !digits.isEmpty
    return number
  }

  /// The form in which DynamoDB gives a number back: no needless zeros, and no exponent unless the number has more than 38 digits
  /// without one (boto3 reads no more).
  var text: String {
    guard !digits.isEmpty else { return "0" }
    let digitText = String(decoding: digits, as: UTF8.self)
    let sign = isNegative ? "-" : ""
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digitText }
    if exponent > 38 {
      let fraction = digits.count > 1 ? "." + digitText.dropFirst() : ""
      return sign + digitText.prefix(1) + fraction + "E+\(exponent - 1)"
    }
    if exponent >= digits.count { return sign + digitText + String(repeating: "0", count: exponent - digits.count) }
    return sign + digitText.prefix(exponent) + "." + digitText.dropFirst(exponent)
  }

  /// Bytes whose order is the numbers' order.
  var sortable: [UInt8] {
    guard !digits.isEmpty else { return [0x80] }
    let biased = UInt16(exponent + Self.bias)
    let magnitude = [UInt8(biased >> 8), UInt8(biased & 255)] + digits
    return isNegative ? [0x7F] + magnitude.map { 255 - $0 } + [0xFF] : [0x81] + magnitude
  }

  /// The number that ``sortable`` stands for; nil for bytes that stand for none.
  init?(sortable: [UInt8]) {
    isNegative = sortable.first == 0x7F
    guard sortable != [0x80] else {
      (digits, exponent) = ([], 0)
      return
    }
    let magnitude = isNegative ? sortable.dropFirst().dropLast().map { 255 - $0 } : Array(sortable.dropFirst())
    guard isNegative || sortable.first == 0x81, magnitude.count > 2 else { return nil }
    exponent = (Int(magnitude[0]) << 8 | Int(magnitude[1])) - Self.bias
    digits = Array(magnitude[2...])
  }

  private static let bias = 1000

  static func < (one: AttributeNumber, other: AttributeNumber) -> Bool {
    one.sortable.lexicographicallyPrecedes(other.sortable)
  }
}
