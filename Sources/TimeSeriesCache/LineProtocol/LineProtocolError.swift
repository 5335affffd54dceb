/// Why a body is not line protocol, and where.
package struct LineProtocolError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to do about it.
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    case emptyMeasurement = "the measurement is empty"
    case emptyTagKey = "a tag's key is empty; write key=value after each comma, and no comma after the last tag"
    case noTagValue =
      "a tag has a key and no value; write key=value, and a backslash before a comma or blank that belongs to the key"
    case emptyTagValue = "a tag's value is empty; leave the tag out"
    case duplicateTag = "a tag's key appears twice in the point"
    case noFields = "the point has no fields; write at least one field=value after a blank"
    case emptyFieldKey = "a field's key is empty; write key=value after each comma, and no comma after the last field"
    case noFieldValue =
      "a field has a key and no value; write key=value, and a backslash before a comma or blank that belongs to the key"
    case invalidValue = "a field's value is no number, boolean or text; text needs double quotes"
    case invalidNumber =
      "a field's value is no number: digits, with digits before and after the point, and i or u after whole ones"
    case infiniteNumber = "a number is too large for a double"
    case integerOverflow = "an integer is outside -9223372036854775808 to 9223372036854775807"
    case unsignedOverflow =
      "an unsigned integer is past 9223372036854775807, the largest that can be stored; write it as a float or a text"
    case openText = "a text's closing double quote is missing"
    case afterValue = "after a field's value comes a comma, a blank or the line's end"
    case invalidTime = "the time is no whole number"
    case timeOverflow =
      "the time is outside what 64 bits of nanoseconds can hold, the years 1677 to 2262; check the precision"
    case afterTime = "after the time comes the line's end"
    case endsWithBackslash = "a backslash is the last byte of a name or value; write two"
    case tab = "a tab is no separator; write a blank"
    case nul = "a NUL byte is not allowed"
    case invalidUTF8 = "the bytes are not UTF-8"
    case tokenTooLong = "a name or value has more than 65536 bytes"
    case tooManyTags = "the point has more than 256 tags"
    case tooManyFields = "the point has more than 4096 fields"
    case tooManyPoints = "the body has more than 500000 points; split it"
    case tooManyFieldsOfBody = "the body has more than 3000000 fields; split it"
    case tooManyBytes = "the body has more than 33554432 bytes; split it"

    /// True where the body says nothing wrong, and would be read in parts.
    package var isTooLarge: Bool { [.tooManyPoints, .tooManyFieldsOfBody, .tooManyBytes].contains(self) }
  }

  /// The line, 1 for the first one; lines within texts count.
  package let line: Int
  /// The byte of the line, 1 for the first one: a character outside ASCII counts as the two to four bytes that it has.
  package let column: Int
  /// What is wrong.
  package let reason: Reason

  package init(line: Int, column: Int, _ reason: Reason) {
    self.line = line
    self.column = column
    self.reason = reason
  }

  init(_ reason: Reason, at offset: Int, of bytes: Span<UInt8>) {
    var line = 1
    var start = 0
    for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      start = index + 1
    }
    self.init(line: line, column: offset - start + 1, reason)
  }

  /// Where and what, in one sentence.
  package var description: String { "line \(line), column \(column): \(reason.rawValue)" }
}
