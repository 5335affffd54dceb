extension ChunkTiers {
  /// The multiple of a width at or before a time.
  ///
  /// - Parameter width: at least 1.
  static func start(of time: Int64, _ width: Int64) -> Int64 {
    let rest = time % width
    let (start, overflows) = time.subtractingReportingOverflow(rest < 0 ? rest + width : rest)
    return overflows ? .min : start
  }

  /// Epoch milliseconds as whole seconds, rounded down.
  static func seconds(_ milliseconds: Int64) -> Int64 { start(of: milliseconds, 1000) / 1000 }

  /// Epoch milliseconds as whole seconds, rounded up.
  static func secondsUp(_ milliseconds: Int64) -> Int64 {
    let seconds = seconds(milliseconds)
    return milliseconds % 1000 == 0 ? seconds : seconds + 1
  }

  /// The widths into which a chunk can be cut, from the widest: so many that one transaction can write the parts.
  static func widths(below width: Int64) -> [Int64] {
    widths.filter { $0 < width && width % $0 == 0 && width / $0 <= Int64(mostParts) }
  }
}
