/// What becomes of the values that a measure has in one bin.
public enum Aggregate: String, Sendable, Hashable, CaseIterable {
  /// The mean of numbers.
  case avg
  /// The least value; texts by their bytes, false before true.
  case min
  /// The greatest value.
  case max
  /// The earliest value.
  case first
  /// The latest value.
  case last
  /// How many values there are.
  case count
  /// The sum of numbers: a whole number where all of them are and it fits 64 bits, else a double.
  case sum
  /// By how much a counter grew: the sum of the differences of each number and the one before it, also where that one is in an earlier bin.
  /// A number that is less than the one before it counts from zero: the counter began anew.
  case increase
}
