import Foundation

/// What the person at the terminal should know, and no client asks for.
enum Notice {
  /// Writes one line to standard error.
  static func tell(_ words: String) { FileHandle.standardError.write(Data("local-cloud: \(words)\n".utf8)) }
}
