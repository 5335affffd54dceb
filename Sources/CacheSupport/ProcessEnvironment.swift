import Glibc

/// The variables of an environment, read once; a dictionary in tests.
///
/// Names are compared by bytes. Its description leaves out the values, because some are secrets.
public struct ProcessEnvironment: Sendable, CustomStringConvertible, ExpressibleByDictionaryLiteral {
  private let values: [ByteText: String]

  /// Takes values by name.
  public init(_ values: [String: String]) { self.init(values.map { ($0.key, $0.value) }) }

  /// Takes names and values; of a name that is repeated the last value counts.
  public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

  private init(_ elements: [(name: String, value: String)]) {
    values = Dictionary(elements.map { (ByteText($0.name), $0.value) }) { _, last in last }
  }

  /// The variables of this process, as they are now; what is not UTF-8 in them becomes replacement characters.
  public static func process() -> ProcessEnvironment {
    var elements: [(name: String, value: String)] = []
    var entry = unsafe environ
    while let pointer = unsafe entry.pointee {
      if let element = split(unsafe String(cString: pointer)) { elements.append(element) }
      unsafe entry += 1
    }
    return ProcessEnvironment(elements)
  }

  /// The name and the value of `NAME=value`, cut at the first byte that is an equals sign.
  static func split(_ entry: String) -> (name: String, value: String)? {
    guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
    return (String(entry[..<equals]), String(entry[entry.utf8.index(after: equals)...]))
  }

  /// The variable's value; nil where it is absent or empty, which AWS's own SDKs treat alike.
  public subscript(name: String) -> String? {
    guard let value = values[ByteText(name)], !value.isEmpty else { return nil }
    return value
  }

  /// The value of a variable that must be set.
  ///
  /// - Parameters:
  ///   - name: compared by bytes; the error names it.
  ///   - purpose: what the variable is for, as the error says it.
  /// - Throws: ``EnvironmentError`` where it is absent or empty.
  public func require(_ name: String, _ purpose: String) throws(EnvironmentError) -> String {
    guard let value = self[name] else {
      throw EnvironmentError(description: "the environment variable \(name) is not set: \(purpose)")
    }
    return value
  }

  /// A whole number within a range, or the default where the variable is absent or empty.
  ///
  /// - Throws: ``EnvironmentError`` where it is not a whole number within the range.
  public func integer(_ name: String, default: Int, in range: ClosedRange<Int>) throws(EnvironmentError) -> Int {
    guard let text = self[name] else { return `default` }
    guard let value = Int(text), range.contains(value) else {
      throw EnvironmentError(
        description:
          "the environment variable \(name) is '\(text)': give a whole number from \(range.lowerBound) to \(range.upperBound)"
      )
    }
    return value
  }

  /// The number of variables.
  public var description: String { "ProcessEnvironment(\(values.count) variables)" }

  /// These variables and others; of a name that both have the other value counts.
  public func merging(_ others: [String: String]) -> ProcessEnvironment {
    ProcessEnvironment(all + others.map { ($0.key, $0.value) })
  }

  /// Every name and value, for a child process.
  package var all: [(name: String, value: String)] { values.map { ($0.key.text, $0.value) } }
}

/// Why a variable cannot be used.
public struct EnvironmentError: Error, Hashable, CustomStringConvertible {
  /// Which variable it is, and what to set.
  public let description: String

  /// An error that says which variable it is, and what to set.
  package init(description: String) { self.description = description }
}
