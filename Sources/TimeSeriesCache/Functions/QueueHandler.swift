import AWSClients
import CacheSupport
package import LambdaRuntime

/// The queue function: reads the registered identifiers and puts those that are due on the queue, a few per message.
///
/// Which are due says ``QueueSelection``; series that somebody writes never are.
///
/// However many there are, it holds one page of the table and a few batches at a time. A run that meets its deadline queues
/// what it has read and then fails, and so does one that could not queue everything: a later run queues the rest.
package struct QueueHandler: LambdaHandler {
  private let registry: IdentifierRegistry
  private let catalog: SourceCatalog?
  private let queue: MessageSender
  private let identifiersPerMessage: Int
  private let clock: WallClock

  /// SendMessageBatch requests in flight.
  static let requestsInFlight: Int = 32
  /// Before the deadline, in milliseconds: no page is read and no entry is sent again later than this.
  static let margin: Int64 = 5000
  /// Items without a valid identifier that get a log line each; the others are counted.
  static let invalidLogged: Int = 10

  init(
    registry: IdentifierRegistry, catalog: SourceCatalog? = nil, queue: MessageSender,
    identifiersPerMessage: Int = 2, clock: WallClock = .system
  ) {
    self.registry = registry
    self.catalog = catalog
    self.queue = queue
    self.identifiersPerMessage = identifiersPerMessage
    self.clock = clock
  }

  /// What a run did.
  struct Summary: Sendable, Hashable {
    /// Identifiers and messages that are on the queue.
    var identifiers = 0
    var messages = 0
    /// SendMessageBatch requests.
    var requests = 0
    /// Entries that were sent again.
    var resent = 0
    /// Items of the table without a valid identifier.
    var invalid = 0
    /// Identifiers that another event queues.
    var notDue = 0

    var json: JSON {
      [
        "identifiers": .integer(identifiers), "messages": .integer(messages), "requests": .integer(requests),
        "resent": .integer(resent), "invalid": .integer(invalid), "notDue": .integer(notDue),
      ]
    }

    mutating func add(_ other: Summary) {
      identifiers += other.identifiers
      messages += other.messages
      requests += other.requests
      resent += other.resent
    }
  }

  package func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
    let event = try ScheduledEvent(parsing: event)
    let selection = try await QueueSelection(event, catalog, now: clock.now, context.logger)
    let (summary, failure) = selection.isEmpty ? (Summary(), nil) : await run(context, selection)
    context.logger.metrics([CacheMetric.identifiersQueued(summary.identifiers)])
    context.logger.info("queued", summary.json.object ?? [:])
    if let failure { throw failure }
    return summary.json.bytes
  }

  /// - Returns: what was queued, and after everything was tried, why the rest was not; a later run queues it.
  func run(_ context: LambdaContext, _ selection: QueueSelection = .all) async -> (Summary, QueueError?) {
    await withTaskGroup(of: (Summary, Unsent).self) { group in
      var total = Summary()
      var unsent = Unsent()
      var failure: QueueError?
      var inFlight = 0
      var pending: [Identifier] = []
      var start: Item?

      func collect(_ result: (Summary, Unsent)) {
        total.add(result.0)
        unsent.add(result.1)
        inFlight -= 1
      }
      repeat {
        let page: IdentifierRegistry.Page
        do throws(StoreError) { page = try await registry.page(after: start) } catch {
          failure = QueueError(description: "the identifiers' table could not be read to its end: \(error)")
          break
        }
        start = page.last
        for reason in page.invalid.prefix(max(0, Self.invalidLogged - total.invalid)) {
          context.logger.warn("skipped an item of the identifiers' table", ["reason": .string(reason)])
        }
        total.invalid += page.invalid.count
        let due = page.series.filter { selection.holds($0) }
        total.notDue += page.series.count - due.count
        pending += due.map(\.identifier)
        for batch in batches(&pending, isLast: start == nil) {
          if inFlight >= Self.requestsInFlight, let result = await group.next() { collect(result) }
          inFlight += 1
          group.addTask { await send(batch, context) }
        }
        if start != nil, isLate(context) {
          failure = QueueError(
            description:
              "the deadline is near and the table has more: give the function more time, or more identifiers per message"
          )
          break
        }
      } while start != nil
      // What was read is queued, also where the run ends early.
      for batch in batches(&pending, isLast: true) {
        inFlight += 1
        group.addTask { await send(batch, context) }
      }
      while let result = await group.next() { collect(result) }
      let reasons = [failure?.description, unsent.description].compactMap(\.self)
      return (total, reasons.isEmpty ? nil : QueueError(description: reasons.joined(separator: "; ")))
    }
  }

  /// Cuts identifiers into requests; what does not fill one stays pending unless it is the last.
  private func batches(_ pending: inout [Identifier], isLast: Bool) -> [[Message]] {
    var batches: [[Message]] = []
    var batch: [Message] = []
    var bytes = 0
    var used = 0
    var index = 0
    while index < pending.count {
      let end = min(index + identifiersPerMessage, pending.count)
      if end - index < identifiersPerMessage, !isLast { break }
      let message = Message(pending[index..<end])
      if batch.count == MessageSender.messagesPerRequest
        || bytes + message.body.utf8.count > MessageSender.bytesPerRequest
      {
        batches.append(batch)
        used = index
        batch = []
        bytes = 0
      }
      batch.append(message)
      bytes += message.body.utf8.count
      index = end
    }
    if !batch.isEmpty, isLast || batch.count == MessageSender.messagesPerRequest {
      batches.append(batch)
      used = index
    }
    pending.removeFirst(used)
    return batches
  }

  private struct Message: Sendable {
    var body: String
    var identifiers: Int

    init(_ identifiers: ArraySlice<Identifier>) {
      body = (["identifiers": .array(identifiers.map { .string($0.text) })] as JSON).text
      self.identifiers = identifiers.count
    }
  }

  /// Messages that are not on the queue.
  private struct Unsent: Sendable {
    var messages = 0
    /// Unlike each other, ``reasonsTold`` at most.
    var reasons: [String] = []

    /// Enough to see what is wrong; a request's id makes each reason another one.
    static let reasonsTold: Int = 3

    mutating func add(_ other: Unsent) {
      messages += other.messages
      for reason in other.reasons where reasons.count < Self.reasonsTold && !reasons.contains(reason) {
        reasons.append(reason)
      }
    }

    /// Nil where there is none.
    var description: String? {
      if messages == 0 { return nil }
      return "\(messages) message\(messages == 1 ? "" : "s") could not be queued: \(reasons.joined(separator: "; "))"
    }
  }

  private func isLate(_ context: LambdaContext) -> Bool {
    context.deadline != .max && clock.now > context.deadline - Self.margin
  }

  private func send(_ messages: [Message], _ context: LambdaContext) async -> (Summary, Unsent) {
    let delivery = await queue.deliver(messages.map(\.body)) { isLate(context) }
    var summary = Summary()
    summary.requests = delivery.requests
    summary.resent = delivery.resent
    summary.messages = delivery.sent.count
    summary.identifiers = delivery.sent.reduce(0) { $0 + messages[$1].identifiers }
    let count = delivery.left + delivery.refused
    return (summary, count == 0 ? Unsent() : Unsent(messages: count, reasons: [delivery.reason]))
  }
}

/// Why a run of the queue function is incomplete.
struct QueueError: Error, Sendable, Hashable, CustomStringConvertible {
  let description: String
}
