/// Numbers as Prometheus reads and writes them.
enum PrometheusNumber {
  /// The text of a value: the shortest that reads back as the same number, without an exponent from 1e-6 to below 1e21.
  static func text(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if value == 0 { return value.sign == .minus ? "-0" : "0" }
    let (digits, exponent) = decimal(value.magnitude)
    let sign = value < 0 ? "-" : ""
    // Of one digit before the point.
    let power = digits.count + exponent - 1
    if power < -6 || power >= 21 {
      let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
      let magnitude = abs(power)
      return "\(sign)\(digits.prefix(1))\(fraction)e\(power < 0 ? "-" : "+")\(magnitude < 10 ? "0" : "")\(magnitude)"
    }
    if exponent >= 0 { return sign + digits + String(repeating: "0", count: exponent) }
    guard power >= 0 else { return "\(sign)0.\(String(repeating: "0", count: -power - 1))\(digits)" }
    return "\(sign)\(digits.prefix(power + 1)).\(digits.dropFirst(power + 1))"
  }

  /// The shortest digits of a positive number, without zeros at either end, and the power of ten that they are multiplied by.
  private static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
    // Swift writes 5.0, 0.001, 1e-05, 1.5e+20: the shortest digits in a form of its own.
    let parts = value.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
    var digits = String(mantissa[0]) + fraction
    var exponent = (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - fraction.utf8.count
    while digits.hasSuffix("0"), digits.utf8.count > 1 {
      digits.removeLast()
      exponent += 1
    }
    let significant = digits.drop { $0 == "0" }
    return (String(significant), exponent)
  }

  /// Epoch milliseconds as seconds, with three decimals where they are not whole.
  static func seconds(_ milliseconds: Int64) -> String {
    let (whole, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
    let fraction = rest == 0 ? "" : ".\(rest < 100 ? "0" : "")\(rest < 10 ? "0" : "")\(rest)"
    return "\(milliseconds < 0 ? "-" : "")\(whole)\(fraction)"
  }

  /// Reads a decimal number: `5`, `5.`, `.5`, `1e-3`; nil for anything else, such as `1_000`, `inf`, `0x10`.
  static func parse(_ text: String) -> Double? {
    guard text.utf8.first.map({ $0.isASCIIDigit || $0 == UInt8(ascii: ".") }) ?? false,
      text.utf8.allSatisfy({ $0.isASCIIDigit || "+-.eE".utf8.contains($0) })
    else { return nil }
    // Swift wants digits on both sides of the point.
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count > 1 else { return Double(text) }
    let isWhole = parts[1].first.map { $0 == "e" || $0 == "E" } ?? true
    guard !(parts[0].isEmpty && isWhole) else { return nil }
    return Double("\(parts[0].isEmpty ? "0" : parts[0]).\(isWhole ? "0" : "")\(parts[1])")
  }
}
