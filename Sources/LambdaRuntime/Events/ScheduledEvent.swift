import CacheSupport

/// A tick of EventBridge's rules or Scheduler, or a call by hand.
public struct ScheduledEvent: Sendable, Hashable {
  /// When the schedule was due, epoch milliseconds; nil for a call by hand.
  public var time: Int64?
  /// The id that EventBridge gave the event; nil for a call by hand.
  public var id: String?
  /// True for an event as EventBridge makes it, false for a call by hand and for an input of the rule's own.
  public var isTick: Bool = false
  /// An input of the rule's own, `{"every": "5m"}`: how often the rule fires; nil for any other event.
  public var every: String?

  /// Reads a rule's event, Scheduler's (whose `detail` is text), any other object, `null`, or nothing at all.
  ///
  /// - Throws: ``EventError`` for what is no JSON, and for an `every` that is no text.
  public init(parsing event: [UInt8]) throws(EventError) {
    guard event.contains(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: event) } catch {
      throw EventError("the event is not JSON: \(error)")
    }
    time = json["time"]?.string.flatMap { ISO8601Time($0)?.epochMilliseconds() }
    id = json["id"]?.string
    isTick = json["detail-type"]?.string == "Scheduled Event"
    if let every = json["every"] {
      guard let text = every.string else { throw EventError("the event's every is no text, such as 5m") }
      self.every = text
    }
  }
}
