/// The rows of a chunk, and the versions of the writes that brought them.
package struct Chunk: Sendable {
  package internal(set) var block: SeriesBlock = SeriesBlock()
  /// One after the other: so many rows of one version.
  var versions: [VersionRun] = []

  /// Rows one after the other that a write of one version brought.
  struct VersionRun: Sendable, Hashable {
    var version: Int64
    /// The row after the last of them.
    var end: Int
  }

  /// How many rows there are.
  package var count: Int { block.count }
}
