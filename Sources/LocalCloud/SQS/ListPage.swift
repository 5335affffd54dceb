import CacheSupport

/// Which part of a list of queues is asked for.
struct ListPage: Sendable {
  /// Queues at most.
  let most: Int64
  /// The name before the first.
  let after: String
  /// Whether the client asked for pages.
  private let isPaged: Bool

  /// Queues that one answer lists at most.
  private static let mostListed: Int64 = 1000

  /// - Throws: SQS's words for a size out of its bounds, and for a token that no answer had.
  init(_ input: inout Input) throws(ServiceError) {
    let given = try input.integer("MaxResults")
    most = given ?? Self.mostListed
    isPaged = given != nil
    guard (1...Self.mostListed).contains(most) else {
      throw .invalidParameter(
        "Value \(most) for parameter MaxResults is invalid. Reason: Must be an integer from 1 to 1000, if provided.")
    }
    let token = try input.string("NextToken")
    guard let last = token.map({ Base64.decode($0.utf8Span.span) }) ?? [] else {
      throw .invalidParameter("Invalid or expired next token.")
    }
    after = String(decoding: last, as: UTF8.self)
  }

  /// - Parameters:
  ///   - names: one more than fit, where there are more.
  ///   - member: where the addresses go. As on AWS, ListQueues leaves it out where there are none.
  func answer(_ names: [String], as member: String, _ url: (String) -> String) -> Answer {
    let page = names.prefix(Int(clamping: most))
    var answer: JSONObject = [:]
    if !page.isEmpty || member == "queueUrls" { answer[member] = .array(page.map { .string(url($0)) }) }
    // As on AWS, only who asked for pages is told that there is another.
    if isPaged, names.count > page.count, let last = page.last {
      answer["NextToken"] = .string(Base64.text(last.utf8Span.span))
    }
    return Answer(.object(answer))
  }
}
