import CacheSupport
import TimestreamSQL

/// The regular expression that a parameter's values have to match, each as a whole.
///
/// A value is looked at before the parameter is written, so that no other write waits for it.
///
/// See <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>.
struct AllowedPattern: Sendable {
  /// Nil and empty ones ask for nothing.
  private let text: String?
  /// What is said of a value that does not match.
  private let refusal: ServiceError?

  /// Looks whether a value matches.
  ///
  /// - Throws: InvalidAllowedPatternException for what is no pattern.
  init(_ text: String?, for value: String) throws(ServiceError) {
    self.text = text
    guard let text, !text.isEmpty else {
      refusal = nil
      return
    }
    do throws(ValuePattern.Refusal) {
      let mismatch = ServiceError(
        type: "ParameterPatternMismatchException",
        message: "Parameter value, cannot be validated against allowedPattern: \(text)")
      refusal = try ValuePattern(text).matches(value) ? nil : mismatch
    } catch {
      throw ServiceError(
        type: "InvalidAllowedPatternException",
        message: "The request does not meet the regular expression requirement. \(error.description)")
    }
  }

  /// - Parameter text: the pattern that the parameter has now.
  /// - Throws: ParameterPatternMismatchException where the value does not match, and TooManyUpdates where somebody has given the
  ///   parameter another pattern since it was looked at.
  func check(_ text: String?) throws(ServiceError) {
    guard (text ?? "").hasSameBytes(as: self.text ?? "") else {
      throw ServiceError(
        type: "TooManyUpdates",
        message: "There are concurrent updates for a resource that supports one update at a time.")
    }
    if let refusal { throw refusal }
  }
}
