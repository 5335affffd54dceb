import CacheSupport
public import LambdaRuntime
import Synchronization

/// The fetch function: for each identifier of each message asks its source, splits at now, and writes both stores.
///
/// Identifiers stand by themselves: one that fails takes only its own message back to the queue.
public struct FetchHandler: LambdaHandler {
  private let catalog: SourceCatalog
  private let sources: SourceClient
  private let registry: IdentifierRegistry?
  private let writer: SampleWriter
  private let clock: WallClock
  private let concurrency: Int

  /// Before the deadline, in milliseconds: no identifier is started later than this.
  static let startMargin: Int64 = 5000
  /// And whatever still runs is given up, so that the answer gets out.
  static let stopMargin: Int64 = 1500

  init(
    catalog: SourceCatalog, sources: SourceClient, registry: IdentifierRegistry?, writer: SampleWriter,
    clock: WallClock,
    concurrency: Int
  ) {
    self.catalog = catalog
    self.sources = sources
    self.registry = registry
    self.writer = writer
    self.clock = clock
    self.concurrency = concurrency
  }

  /// What became of one identifier.
  struct Outcome: Sendable, Hashable {
    var samples = 0
    var written = SampleWriter.Outcome()
    /// Why the message must come again; nil where all is done.
    var failure: String?
    var isSourceError = false
  }

  public func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
    let event = try SQSEvent(parsing: event)
    var failed: Set<String> = []
    var messagesByIdentifier: [Identifier: [String]] = [:]
    for message in event.messages {
      do throws(EventError) {
        for identifier in try Self.identifiers(of: message) {
          messagesByIdentifier[identifier, default: []].append(message.id)
        }
      } catch {
        failed.insert(message.id)
        context.logger.error(
          "a message cannot be read", ["messageId": .string(message.id), "error": .string(error.description)])
      }
    }
    let outcomes = await fetch(messagesByIdentifier.keys.sorted(), context)
    for (identifier, messages) in messagesByIdentifier where outcomes[identifier].map({ $0.failure != nil }) ?? true {
      failed.formUnion(messages)
    }
    report(Array(outcomes.values), context.logger)
    return SQSEvent.partialBatchResponse(failed: event.messages.map(\.id).filter { failed.contains($0) }).bytes
  }

  /// `{"identifiers": ["a", "b"]}`.
  static func identifiers(of message: SQSEvent.Message) throws(EventError) -> [Identifier] {
    guard let json = try? JSON(parsing: message.body), let elements = json["identifiers"]?.array else {
      throw EventError("the body is not {\"identifiers\": [...]}")
    }
    return try elements.map { element throws(EventError) in
      do throws(InvalidIdentifier) { return try Identifier(element.string ?? "") } catch {
        throw EventError(error.description)
      }
    }
  }

  /// Runs the identifiers, a bounded number at once, until the deadline is near; those without outcome were not reached.
  private func fetch(_ identifiers: [Identifier], _ context: LambdaContext) async -> [Identifier: Outcome] {
    let outcomes = Outcomes()
    let time = context.deadline == .max ? Int64.max : context.deadline - clock.now
    // A function of a few seconds has smaller margins.
    let startMargin = min(Self.startMargin, time / 4)
    let left = time == .max ? time : time - min(Self.stopMargin, time / 8)
    @Sendable func work() async {
      _ = await mapConcurrently(identifiers, limit: concurrency) { identifier in
        guard !Task.isCancelled, context.deadline == .max || clock.now < context.deadline - startMargin else {
          context.logger.warn("not started: the deadline is near", ["identifier": .string(identifier.text)])
          return
        }
        let outcome = await fetch(identifier, context.logger)
        outcomes.set(outcome, for: identifier)
      }
    }
    if left == .max { await work() } else { _ = await within(.milliseconds(max(0, left)), work) }
    return outcomes.all
  }

  private final class Outcomes: Sendable {
    private let values = Mutex<[Identifier: Outcome]>([:])
    func set(_ outcome: Outcome, for identifier: Identifier) { values.withLock { $0[identifier] = outcome } }
    var all: [Identifier: Outcome] { values.withLock { $0 } }
  }

  /// One identifier, from its item to both stores.
  func fetch(_ identifier: Identifier, _ logger: LambdaLogger) async -> Outcome {
    var outcome = Outcome()
    do {
      let entry = try await registry?.entry(identifier)
      let source = try await catalog.source(named: entry?.source)
      let key = try await catalog.key(for: source)
      let now = clock.now
      let answer = try await sources.samples(
        of: identifier, from: source, attributes: entry?.attributes ?? [:], key: key, now: now)
      outcome.samples = answer.samples.count
      for fault in answer.faults.prefix(10) {
        logger.error(
          "a row of the source cannot be read",
          ["identifier": .string(identifier.text), "error": .string(fault.description)])
      }
      if answer.faults.count > 10 {
        logger.error(
          "more rows cannot be read",
          ["identifier": .string(identifier.text), "rows": .integer(answer.faults.count - 10)])
      }
      outcome.isSourceError = !answer.faults.isEmpty
      outcome.written = await writer.write(answer.samples, of: identifier, now: now)
      for rejection in outcome.written.history.rejected.first.elements {
        logger.error(
          "a record was rejected",
          [
            "identifier": .string(identifier.text), "time": .integer(rejection.time),
            "reason": .string(rejection.reason),
          ])
      }
      guard let failure = outcome.written.failure else { return outcome }
      outcome.failure = failure.description
    } catch let error as SourceError {
      outcome.isSourceError = true
      outcome.failure = error.description
    } catch {
      outcome.failure = "\(error)"
    }
    logger.error(
      "an identifier failed", ["identifier": .string(identifier.text), "error": .string(outcome.failure ?? "")])
    return outcome
  }

  private func report(_ outcomes: [Outcome], _ logger: LambdaLogger) {
    func sum(_ value: (Outcome) -> Int) -> Int { outcomes.reduce(0) { $0 + value($1) } }
    let history = sum { $0.written.history.stored }
    logger.metrics([
      CacheMetric.samplesFetched(sum(\.samples)),
      CacheMetric.historyRecords(history),
      CacheMetric.forecastRecords(sum(\.written.forecastItems)),
      CacheMetric.recordsRejected(sum { $0.written.history.rejected.count }),
      CacheMetric.sourceErrors(sum { $0.isSourceError ? 1 : 0 }),
    ])
    logger.info(
      "fetched",
      [
        "identifiers": .integer(outcomes.count), "failed": .integer(sum { $0.failure == nil ? 0 : 1 }),
        "history": .integer(history), "superseded": .integer(sum { $0.written.history.superseded }),
        "forecast": .integer(sum(\.written.forecastItems)),
      ])
  }
}
