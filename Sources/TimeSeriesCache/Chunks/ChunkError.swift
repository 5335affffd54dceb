/// Why bytes are no chunk.
package struct ChunkError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, as the end of a sentence on the chunk.
  package let description: String

  init(_ description: String) { self.description = description }

  /// The bytes end before their contents do.
  static let truncated = ChunkError("the bytes end too early")
}
