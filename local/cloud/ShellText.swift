import CacheSupport

/// Text that a shell reads as it is.
enum ShellText {
  enum Shell: String, CaseIterable {
    /// POSIX, and so bash and zsh.
    case sh
    case fish
  }

  /// In single quotes, where the text is not plain.
  static func quoted(_ text: String, for shell: Shell) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { ASCII.isNameByte($0) || "./:,@%+=".utf8.contains($0) }
    if isPlain { return text }
    return switch shell {
    case .sh: "'" + text.replacing(["'": #"'\''"#]) + "'"
    case .fish: "'" + text.replacing(["\\": #"\\"#, "'": #"\'"#]) + "'"
    }
  }

  /// The line that gives a variable to what the shell starts.
  static func export(_ name: String, _ value: String, for shell: Shell) -> String {
    switch shell {
    case .sh: "export \(name)=\(quoted(value, for: shell))"
    case .fish: "set -gx \(name) \(quoted(value, for: shell))"
    }
  }

  static func unset(_ names: [String], for shell: Shell) -> String {
    switch shell {
    case .sh: "unset \(names.joined(separator: " "))"
    case .fish: "set -e \(names.joined(separator: " "))"
    }
  }

  /// Whether every shell takes a word as a variable's name.
  static func isName(_ word: String) -> Bool {
    word.utf8.first.map { !(48...57).contains($0) } ?? false
      && word.utf8.allSatisfy { ASCII.isNameByte($0) && $0 != UInt8(ascii: "-") }
  }
}

extension String {
  /// With another text for some scalars. A quote and the mark that follows it are one `Character`, and so is a line's end of two bytes:
  /// what looks at those misses both.
  func replacing(_ texts: [Unicode.Scalar: String]) -> String {
    var result = ""
    for scalar in unicodeScalars {
      if let text = texts[scalar] { result += text } else { result.unicodeScalars.append(scalar) }
    }
    return result
  }
}
