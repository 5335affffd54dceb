import CacheSupport
import TimestreamSQL

/// How a request names a function: its name, a part of its ARN or the whole, with or without a qualifier.
struct FunctionName: Sendable, Hashable {
  let name: String
  /// As it was given; nil where the request leaves it to Lambda.
  let qualifier: String?

  /// What the names of Lambda's operations look like, as their refusals show it.
  enum Form: Sendable {
    case plain
    /// Invoke's.
    case invoked

    /// The regular expression of Lambda's model.
    var text: String {
      let start =
        "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?"
      return switch self {
      case .plain: start + "([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?"
      case .invoked: start + "([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
      }
    }

    func matches(_ name: String) -> Bool { (try? Self.patterns[self]?.matches(name)) ?? true }

    private static let patterns: [Form: ValuePattern] = [Form.plain, .invoked].reduce(into: [:]) {
      $0[$1] = try? ValuePattern($1.text)
    }
  }

  /// Characters of a name or an ARN.
  private static let longest: Int = 140

  /// - Parameter qualifier: the request's own.
  /// - Throws: Lambda's words for what is no name, and for a function of another region or account.
  init(_ text: String, qualifier: String? = nil, form: Form = .plain, in account: Account) throws(ServiceError) {
    var constraints = Constraints()
    if text.utf8.count > Self.longest {
      constraints.violate("functionName", text, "have length less than or equal to \(Self.longest)")
    } else if !form.matches(text) {
      constraints.violate("functionName", text, "satisfy regular expression pattern: \(form.text)")
    }
    try constraints.check()
    // Of `arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER`, all before the name may be missing.
    var pieces = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)[...]
    func takes(_ isWanted: (String) -> Bool) -> String? {
      pieces.count > 1 && isWanted(pieces[pieces.startIndex]) ? pieces.removeFirst() : nil
    }
    // `arn` and `arn:QUALIFIER` are names, too.
    if pieces.first == "arn", pieces.count > 3 { pieces = pieces.dropFirst(3) }
    if let region = takes(Self.isRegion), !region.hasSameBytes(as: account.region) {
      throw .lambda(
        404, "ResourceNotFoundException",
        "Functions from '\(region)' are not reachable in this region ('\(account.region)')", ["Type": "User"])
    }
    if let id = takes({ $0.utf8.count == 12 && $0.utf8.allSatisfy(Self.isDigit) }), !id.hasSameBytes(as: account.id) {
      throw .lambda(
        403, "AccessDeniedException",
        "User: arn:aws:iam::\(account.id):root is not authorized to perform this operation on resource: \(text)")
    }
    _ = takes { $0 == "function" }
    name = pieces.first ?? ""
    let derived = pieces.dropFirst().first
    if let derived, let qualifier, !derived.hasSameBytes(as: qualifier) {
      throw .lambda(
        400, "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.", ["Type": "User"])
    }
    self.qualifier = qualifier ?? derived
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Whether a part is a region's name, such as `us-east-1`.
  private static func isRegion(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.count >= 3 && parts[0].utf8.count == 2 && parts[parts.count - 1].utf8.count == 1
      && parts[parts.count - 1].utf8.allSatisfy(Self.isDigit)
  }
}
