import CacheSupport

/// When a schedule is due: again and again, or once.
///
/// See <https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html>.
enum ScheduleTimes: Sendable, Hashable {
  case recurring(Schedule)
  /// Epoch milliseconds, and the expression.
  case once(at: Int64, text: String)

  /// What is wrong with an expression, which it quotes.
  struct Failure: Error, Hashable {
    let description: String
  }

  /// - Throws: ``Failure`` for what is no expression.
  init(_ text: String) throws(Failure) {
    if text.hasPrefix("at("), text.hasSuffix(")") {
      let inner = Array(text.utf8.dropFirst(3).dropLast())
      let signs: [Int: UInt8] = [4: 45, 7: 45, 10: UInt8(ascii: "T"), 13: 58, 16: 58]
      let isWritten =
        inner.count == 19
        && inner.enumerated().allSatisfy { index, byte in
          signs[index].map { byte == $0 } ?? (48...57).contains(byte)
        }
      func number(_ range: Range<Int>) -> Int { inner[range].reduce(0) { $0 * 10 + Int($1) - 48 } }
      guard isWritten,
        let time = UTCTime(
          year: number(0..<4), month: number(5..<7), day: number(8..<10), hour: number(11..<13),
          minute: number(14..<16), second: number(17..<19))
      else { throw Failure(description: "'\(text)' is not at(yyyy-mm-ddThh:mm:ss)") }
      self = .once(at: time.epochSeconds * 1000, text: text)
      return
    }
    do throws(Schedule.Failure) { self = .recurring(try Schedule(text)) } catch {
      throw Failure(description: error.description)
    }
  }

  /// As it was given.
  var text: String {
    switch self {
    case .recurring(let schedule): schedule.text
    case .once(_, let text): text
    }
  }

  /// The first time after an instant; nil where there is none.
  ///
  /// - Parameter beginning: when the schedule was made, from which a rate counts.
  func next(after instant: Int64, beginning: Int64) -> Int64? {
    switch self {
    case .recurring(let schedule): schedule.next(after: instant, from: beginning)
    case .once(let time, _): time > instant ? time : nil
    }
  }
}

/// A schedule and what it sends whom.
struct ScheduledEvent: Sendable {
  /// What the event says of its origin.
  enum Origin: Sendable, Hashable {
    /// A rule of EventBridge.
    case rule
    /// A schedule of EventBridge Scheduler, in a group.
    case scheduler(group: String)
  }
  var name: String
  var origin: Origin = .rule
  var times: ScheduleTimes
  var target: EventTarget
  /// Which of a rule's targets it is; nil where there is but one.
  var targetID: String?
  /// The event, where the template gives one of its own.
  var input: String?
  /// What becomes of what cannot be sent.
  var policy: DeliveryPolicy = DeliveryPolicy()

  func arn(_ account: Account) -> String {
    switch origin {
    case .rule: "arn:aws:events:\(account.region):\(account.id):rule/\(name)"
    case .scheduler(let group): "arn:aws:scheduler:\(account.region):\(account.id):schedule/\(group)/\(name)"
    }
  }

  /// What is sent.
  ///
  /// - Parameter time: when it was due, epoch milliseconds.
  func payload(at time: Int64, _ account: Account) -> [UInt8] {
    if let input { return Array(input.utf8) }
    let (source, detail): (String, JSON) =
      switch origin {
      case .rule: ("aws.events", [:])
      // There it is a text.
      case .scheduler: ("aws.scheduler", "{}")
      }
    let event: JSON = [
      "version": "0", "id": .string(RandomID.uuid()), "detail-type": "Scheduled Event", "source": .string(source),
      "account": .string(account.id), "time": .string(UTCTime(epochMilliseconds: time).iso8601Text),
      "region": .string(account.region), "resources": [.string(arn(account))], "detail": detail,
    ]
    return event.bytes
  }
}
