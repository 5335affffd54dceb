/// How long a chunk is: the widths from which it is chosen, each a multiple of the next.
///
/// A series begins each cell of 64 days with one chunk that covers it. A chunk that grows past ``targetBytes`` is cut into chunks of a
/// narrower width, down to a millisecond: so a series with a value a day has an item for 64 of them, one with a value every five minutes
/// an item a day, and one with a value a second an item for some minutes.
enum ChunkTiers {
  /// Milliseconds, from the widest to the narrowest.
  static let widths: [Int64] =
    [64, 32, 16, 8, 4, 2, 1].map { $0 * 86_400_000 } + [12, 6, 3, 1].map { $0 * 3_600_000 }
    + [30, 15, 5, 1].map { $0 * 60_000 } + [30_000, 10_000, 5000, 1000, 500, 100, 50, 10, 5, 1]

  /// The widest: what one first item of a series covers until it is cut.
  static let cell: Int64 = 64 * 86_400_000

  /// An item up to this size costs one write unit; a larger one is cut.
  static let targetBytes: Int = 1024
  /// An item is not cut before it is this often what it takes without its rows: names, key and head are repeated in each part.
  static let mostFixedShare: Int = 3
  /// A chunk of fewer rows is cut only where it is eight times as large as others may be.
  static let leastRows: Int = 8
  /// How full the parts are when a width is chosen for them: the next ones may take a little more.
  static let fillShare: Double = 0.75
  /// No item takes more; DynamoDB's limit is 400 KB.
  static let mostBytes: Int = 350 << 10
  /// What one transaction may write, of the 4 MB that TransactWriteItems takes as JSON or not.
  static let mostTransactionBytes: Int = 2 << 20
  /// A chunk is cut into at most this many, because one transaction writes them: TransactWriteItems takes 100.
  static let mostParts: Int = 64
}
