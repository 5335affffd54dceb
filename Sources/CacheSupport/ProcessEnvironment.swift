import Glibc

/// The environment's variables, read once into a value; a dictionary in tests.
///
/// It has no description of its values: some are secrets.
public struct ProcessEnvironment: Sendable, CustomStringConvertible, ExpressibleByDictionaryLiteral {
  private let values: [String: String]

  public init(_ values: [String: String]) { self.values = values }

  public init(dictionaryLiteral elements: (String, String)...) {
    values = Dictionary(elements) { _, last in last }
  }

  /// The variables of this process, as they are now.
  public static func process() -> ProcessEnvironment {
    var values: [String: String] = [:]
    var entry = unsafe environ
    while let pointer = unsafe entry.pointee {
      let text = unsafe String(cString: pointer)
      if let equals = text.firstIndex(of: "=") {
        values[String(text[..<equals])] = String(text[text.index(after: equals)...])
      }
      unsafe entry += 1
    }
    return ProcessEnvironment(values)
  }

  /// The variable's value; nil where it is absent or empty, which AWS's own SDKs treat alike.
  public subscript(name: String) -> String? {
    guard let value = values[name], !value.isEmpty else { return nil }
    return value
  }

  /// - Throws: ``EnvironmentError`` that names the variable and what it is for.
  public func require(_ name: String, _ purpose: String) throws(EnvironmentError) -> String {
    guard let value = self[name] else {
      throw EnvironmentError(description: "the environment variable \(name) is not set: \(purpose)")
    }
    return value
  }

  /// A whole number within a range, or the default where the variable is absent.
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

  public var description: String { "ProcessEnvironment(\(values.count) variables)" }

  /// These variables with others set over them.
  public func merging(_ others: [String: String]) -> ProcessEnvironment {
    ProcessEnvironment(values.merging(others) { _, new in new })
  }

  /// Every name and value, for a child process.
  package var all: [String: String] { values }
}

/// A variable that is missing or cannot be read.
public struct EnvironmentError: Error, Hashable, CustomStringConvertible {
  public let description: String
}
