/// A row of a chunk: a sample, and the version of the write that brought it.
package struct ChunkRow: Sendable, Hashable {
  package var sample: Sample
  /// The fetch's epoch milliseconds: of two rows of one instant, which is a time and its nanoseconds, the higher version counts.
  package var version: Int64

  package init(sample: Sample, version: Int64) {
    self.sample = sample
    self.version = version
  }
}
