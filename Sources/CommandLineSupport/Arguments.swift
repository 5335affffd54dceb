import CacheSupport

/// A command line, read: options with values, flags, and what is neither.
package struct Arguments: Sendable {
  /// What a program understands.
  package struct Option: Sendable {
    package var name: String
    /// What the value is called in the help; nil for a flag.
    package var value: String?
    package var help: String

    package init(_ name: String, value: String? = nil, _ help: String) {
      self.name = name
      self.value = value
      self.help = help
    }
  }

  /// A command line that is not understood; its text ends with what would be.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
  }

  /// The words that are neither options nor their values, in order.
  package private(set) var positional: [String] = []
  private var values: [String: [String]] = [:]
  private var flags: Set<String> = []
  private let help: String

  /// - Parameters:
  ///   - words: without the program's name.
  ///   - options: each as `--name value`, `--name=value`, or `--flag`. After `--` there are none; a word that starts with
  ///     one dash, such as a negative number, is never one.
  ///   - usage: the first lines of the help.
  /// - Throws: ``Failure``, whose text ends with the help.
  package init(_ words: [String], options: [Option], usage: String) throws(Failure) {
    help = Self.help(options, usage)
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        positional += words[index...]
        break
      }
      guard word.hasPrefix("--") else {
        positional.append(word)
        continue
      }
      let parts = Self.parts(of: String(word.dropFirst(2)))
      guard let option = options.first(where: { $0.name.hasSameBytes(as: parts[0]) }) else {
        throw Failure(description: "there is no option \(word)\n\n\(help)")
      }
      switch (option.value, parts.count) {
      case (nil, 1): flags.insert(option.name)
      case (nil, _): throw Failure(description: "--\(option.name) takes no value\n\n\(help)")
      case (_, 2): values[option.name, default: []].append(parts[1])
      default:
        guard index < words.count else { throw Failure(description: "--\(option.name) needs a value\n\n\(help)") }
        values[option.name, default: []].append(words[index])
        index += 1
      }
    }
  }

  /// `NAME=VALUE` as its two parts; the whole where it has no equals sign.
  ///
  /// By bytes: to Swift's `Character` an equals sign with a combining mark after it is no equals sign.
  package static func parts(of word: String) -> [String] {
    word.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).map {
      String(Substring($0))
    }
  }

  /// The words that are neither options nor their values, for a program that takes but so many.
  ///
  /// - Throws: ``Failure`` that names the first one too many.
  package func positional(atMost count: Int) throws(Failure) -> [String] {
    guard positional.count <= count else {
      throw Failure(description: "'\(positional[count])' is one word too many\n\n\(help)")
    }
    return positional
  }

  /// What a program prints in place of its work where its words ask for the help or the version; nil where they ask for neither.
  ///
  /// - Parameter help: begins with `Usage: ` and the program's name.
  package static func told(_ words: [String], help: String) -> String? {
    let words = words.prefix { $0 != "--" }
    if words.contains(where: { $0 == "--help" || $0 == "-h" }) { return help }
    guard words.contains("--version") else { return nil }
    let name = help.split(whereSeparator: { $0 == " " || $0 == "\n" }).dropFirst().first ?? ""
    return "\(name) \(Version.text)"
  }

  /// The usage, and a line per option; the last ones are those that every program has.
  package static func help(_ options: [Option], _ usage: String) -> String {
    let common = [Option("help", "print this"), Option("version", "print the version")]
    let lines = (options + common).map { option in
      let left = "  --\(option.name)\(option.value.map { " \($0)" } ?? "")"
      return left + String(repeating: " ", count: max(2, 30 - left.count)) + option.help
    }
    return ([usage, ""] + lines).joined(separator: "\n") + "\n"
  }

  /// The value of an option; of one that came twice, the last.
  package subscript(name: String) -> String? { values[name]?.last }

  /// A whole number that is an option's value, from 0.
  package func number(_ name: String) throws(Failure) -> Int? {
    guard let text = self[name] else { return nil }
    guard let number = Int(text), number >= 0 else {
      throw Failure(description: "--\(name) is '\(text)': give a whole number")
    }
    return number
  }

  /// Every value of an option that may come several times.
  package func all(_ name: String) -> [String] { values[name] ?? [] }

  /// True where a flag came.
  package func has(_ flag: String) -> Bool { flags.contains(flag) }
}
