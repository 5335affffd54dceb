import CacheSupport

/// Who is sent an event: a queue or a function of the stack.
enum EventTarget: Sendable, Hashable {
  case queue(String)
  case function(String)

  /// - Throws: ``TemplateError`` for an ARN of anything else.
  init(arn: String, _ place: String) throws(TemplateError) {
    let pieces = arn.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch pieces.count > 5 ? pieces[2] : "" {
    case "sqs" where pieces.count == 6: self = .queue(pieces[5])
    case "lambda" where pieces[5] == "function" && (7...8).contains(pieces.count): self = .function(pieces[6])
    default: throw TemplateError("\(place): '\(arn)' is the ARN of neither a queue nor a function")
    }
  }

  /// In words, such as `the queue 'orders'`.
  var words: String {
    switch self {
    case .queue(let name): "the queue '\(name)'"
    case .function(let name): "the function '\(name)'"
    }
  }

  func arn(_ account: Account) -> String {
    switch self {
    case .queue(let name): "arn:aws:sqs:\(account.region):\(account.id):\(name)"
    case .function(let name): "arn:aws:lambda:\(account.region):\(account.id):function:\(name)"
    }
  }

  var name: String {
    switch self {
    case .queue(let name), .function(let name): name
    }
  }
}

extension Stack {
  /// - Parameter user: who names the target, and what for.
  /// - Throws: ``TemplateError`` where the stack does not have it.
  func check(_ target: EventTarget, of user: String) throws(TemplateError) {
    let isThere =
      switch target {
      case .queue(let name): hasQueue(name)
      case .function(let name): all(FunctionResource.self).contains { $0.name.hasSameBytes(as: name) }
      }
    guard isThere else { throw TemplateError("\(user) \(target.words), which the stack does not have") }
  }
}
