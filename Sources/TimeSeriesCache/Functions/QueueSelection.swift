import CacheSupport
import LambdaRuntime

/// Which identifiers an event of the queue function puts on the queue.
///
/// | event | queues |
/// |---|---|
/// | a rule's or schedule's, as EventBridge makes it | identifiers of sources without a schedule of their own |
/// | `{"every": "5m"}`, from a rule that fires every five minutes | identifiers of sources whose `every` is due at this tick |
/// | any other, such as `{}` of a call by hand | all |
///
/// Nothing is kept between ticks: a source that is asked every 20 minutes is due at the ticks at which a multiple of 20 minutes
/// since 1970 has passed since the tick before. A tick's time is the clock's, down to the tick's length, so that a rule which
/// fires a little late ticks all the same.
enum QueueSelection: Sendable {
  case all
  case daily(SourceCatalog.Schedules)
  /// The names of the sources that are due, by how often they are asked.
  case due(SourceCatalog.Schedules, Set<Int64>)

  /// The longest and the shortest time between two ticks, milliseconds.
  static let ticks: ClosedRange<Int64> = 60_000...86_400_000

  /// - Parameters:
  ///   - catalog: nil where the function is not told of the sources: none of them has a schedule of its own then.
  ///   - now: epoch milliseconds.
  /// - Throws: `QueueError` for a tick of no known length, ``SourceError`` for one where the sources cannot be read.
  init(_ event: ScheduledEvent, _ catalog: SourceCatalog?, now: Int64, _ logger: LambdaLogger) async throws {
    guard event.every != nil || event.isTick else {
      self = .all
      return
    }
    let length = try event.every.map { text throws(QueueError) in
      guard let length = TimeExpression.duration(text), Self.ticks.contains(length) else {
        throw QueueError(description: "the event's every is '\(text)': give how often its rule fires, from 1m to 1d")
      }
      return length
    }
    let schedules: SourceCatalog.Schedules
    do throws(SourceError) { schedules = try await catalog?.schedules() ?? SourceCatalog.Schedules() } catch {
      // The next tick comes soon, the next day does not.
      guard length == nil else { throw error }
      logger.error("the sources cannot be read: all identifiers are queued", ["error": .string(error.description)])
      self = .all
      return
    }
    for error in schedules.unreadable.prefix(10) {
      logger.error("the description of a source cannot be read", ["error": .string(error.description)])
    }
    guard let length else {
      self = .daily(schedules)
      return
    }
    self = .due(schedules, Set(schedules.every.values.filter { Self.isDue($0, at: now, tick: length) }))
  }

  /// True where nothing can be due.
  var isEmpty: Bool { if case .due(_, let lengths) = self { lengths.isEmpty } else { false } }

  /// True for an identifier that is to be queued.
  func holds(_ series: IdentifierRegistry.Fetchable) -> Bool {
    switch self {
    case .all: true
    case .daily(let schedules): schedules.every(ofSource: series.source) == nil
    case .due(let schedules, let lengths):
      schedules.every(ofSource: series.source).map { lengths.contains($0) } ?? false
    }
  }

  /// True where a multiple of `every` since 1970 came after the tick before and not after this one.
  static func isDue(_ every: Int64, at now: Int64, tick length: Int64) -> Bool {
    guard every > 0, length > 0, now >= length else { return false }
    let tick = now / length * length
    return tick / every != (tick - length) / every
  }
}
