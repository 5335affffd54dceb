extension StringProtocol {
  /// Without blanks, tabs and line breaks at either end.
  var trimmed: String {
    let whitespace: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
    var bytes = Substring(self).utf8
    while let first = bytes.first, whitespace.contains(first) { bytes.removeFirst() }
    while let last = bytes.last, whitespace.contains(last) { bytes.removeLast() }
    return String(Substring(bytes))
  }
}
