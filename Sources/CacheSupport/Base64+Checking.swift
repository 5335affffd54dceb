extension Base64 {
  /// How many bytes a text stands for, found without decoding it.
  ///
  /// - Returns: nil for a text that ``decode(_:)`` does not take.
  package static func decodedCount(_ text: Span<UInt8>) -> Int? {
    guard text.count % 4 == 0 else { return nil }
    guard text.count > 0 else { return 0 }
    let padded = text[text.count - 1] != padding ? 0 : text[text.count - 2] != padding ? 1 : 2
    let letters = text.count - padded
    let values = Self.values
    var all: UInt8 = 0
    for index in 0..<letters { all |= values[Int(unsafe text[unchecked: index])] }
    guard all & none == 0 else { return nil }
    if padded > 0, values[Int(text[letters - 1])] & (padded == 2 ? 15 : 3) != 0 { return nil }
    return text.count / 4 * 3 - padded
  }
}
