/// A regular expression in Java's syntax that a whole value has to match, for those who check what is given to them.
///
/// It matches in time that grows with pattern and value, whatever they are. Look-around, references to groups, atomic groups and possessive
/// repetition are refused.
package struct ValuePattern: Sendable {
  private let expression: RegularExpression

  /// Why a pattern is none.
  package struct Refusal: Error, Hashable {
    package let description: String
  }

  /// - Throws: ``Refusal`` for what is no pattern, or more than the matcher takes.
  package init(_ pattern: String) throws(Refusal) {
    do throws(QueryFault) { expression = try RegularExpression(pattern, isWhole: true) } catch {
      throw Refusal(description: error.message)
    }
  }

  /// Units of work that matching may take: some tenths of a second. A pattern of a hundred states takes half of them for 8 KB.
  package static let workLimit: Int = 2_000_000

  /// Whether all of a value matches.
  ///
  /// - Throws: ``Refusal`` where finding that out takes too much work.
  package func matches(_ value: String) throws(Refusal) -> Bool {
    do throws(QueryFault) {
      return try expression.firstMatch(in: Array(value.utf8), Execution(workLimit: Self.workLimit)) != nil
    } catch { throw Refusal(description: "the local cloud does not match a pattern that takes this much work") }
  }
}
