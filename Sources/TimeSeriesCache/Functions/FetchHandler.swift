import CacheSupport
package import LambdaRuntime

/// The fetch function: for each identifier of each message asks its source, splits at now, and writes both stores.
///
/// Each part of a source's answer is stored as it arrives, before more is asked for. Identifiers are independent: one that
/// fails takes only its own messages back to the queue.
package struct FetchHandler: LambdaHandler {
  private let sources: SourceFinder
  private let writer: SampleWriter
  private let clock: WallClock
  private let concurrency: Int
  /// Waits for the deadline.
  var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

  /// Before the deadline, in milliseconds: no identifier is started later than this.
  static let startMargin: Int64 = 5000
  /// And whatever still runs is given up, so that the answer gets out.
  static let stopMargin: Int64 = 1500

  init(sources: SourceFinder, writer: SampleWriter, clock: WallClock, concurrency: Int) {
    self.sources = sources
    self.writer = writer
    self.clock = clock
    self.concurrency = concurrency
  }

  package func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
    let event = try SQSEvent(parsing: event)
    var failed: Set<String> = []
    var entries: [FetchOrder.Entry] = []
    for message in event.messages {
      do throws(EventError) {
        entries.append(
          FetchOrder.Entry(
            messageID: message.id, receiveCount: message.receiveCount, identifiers: try Self.identifiers(of: message)))
      } catch {
        failed.insert(message.id)
        context.logger.error(
          "a message cannot be read", ["messageId": .string(message.id), "error": .string(error.description)])
      }
    }
    let reports = await fetch(FetchOrder.identifiers(entries), context)
    for entry in entries where entry.identifiers.contains(where: { reports[$0].map { $0.failure != nil } ?? true }) {
      failed.insert(entry.messageID)
    }
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

  /// Runs the identifiers, a bounded number at once, until the deadline is near; those without a report were not started.
  private func fetch(_ identifiers: [Identifier], _ context: LambdaContext) async -> [Identifier: FetchReport] {
    let ledger = FetchLedger()
    let time = context.deadline == .max ? Int64.max : context.deadline - clock.now
    // A function of a few seconds has smaller margins.
    let startMargin = min(Self.startMargin, time / 4)
    let left = time == .max ? time : time - min(Self.stopMargin, time / 8)
    @Sendable func work() async {
      _ = await mapConcurrently(identifiers, limit: concurrency) { identifier in
        guard !Task.isCancelled, context.deadline == .max || clock.now < context.deadline - startMargin else { return }
        // What a fetch says after it was cancelled is the cancellation's doing; what it waited for is known.
        let report = await fetch(identifier) { if !Task.isCancelled { ledger.note($0, of: identifier) } }
        if !Task.isCancelled, ledger.note(report, of: identifier) { report.log(identifier, context.logger) }
      }
    }
    if left == .max { await work() } else { _ = await within(.milliseconds(max(0, left)), sleep: sleep, work) }
    var reports = ledger.close()
    for (identifier, report) in reports where report.phase != .done {
      var report = report
      report.timeRanOut()
      report.log(identifier, context.logger)
      reports[identifier] = report
    }
    summarize(Array(reports.values), notStarted: identifiers.filter { reports[$0] == nil }, context.logger)
    return reports
  }

  /// One identifier, from its item to both stores.
  ///
  /// - Parameter progress: gets the report whenever the fetch begins to wait for something else.
  package func fetch(
    _ identifier: Identifier, _ progress: @Sendable (FetchReport) -> Void = { _ in }
  ) async -> FetchReport {
    var report = FetchReport()
    progress(report)
    do {
      let now = clock.now
      var pages = try await sources.pages(of: identifier, now: now).makeAsyncIterator()
      var writer = writer.begin(Series(identifier), now: now)
      do {
        report.phase = .asking(page: 1)
        progress(report)
        while !writer.isDown, !Task.isCancelled, let samples = try await pages.next() {
          report.read = pages.tally
          report.phase = .storing
          progress(report)
          await writer.write(samples)
          report.written = writer.outcome
          report.phase = .asking(page: (pages.page?.number ?? 0) + 1)
          progress(report)
        }
      } catch {
        report.fail("\(error)", isSourceError: true)
      }
      report.read = pages.tally
      report.isSourceError = report.isSourceError || !pages.tally.faults.isEmpty
      if let failure = report.written.failure { report.fail(failure.description) }
      if report.failure == nil, Task.isCancelled { report.fail("the fetch was cancelled") }
      if report.failure == nil, report.written.isAllRejected { report.fail(Self.allRejected(report.written.history)) }
    } catch {
      report.fail("\(error)", isSourceError: (error as? SourceError)?.isSourceFault ?? false)
    }
    report.phase = .done
    return report
  }

  private static func allRejected(_ history: HistoryWrite) -> String {
    let reason = history.rejected.reasons.first?.text ?? ""
    return "none of the \(history.rejected.count) records of the history was taken: \(reason)"
  }

  private func summarize(_ reports: [FetchReport], notStarted: [Identifier], _ logger: LambdaLogger) {
    func sum(_ value: (FetchReport) -> Int) -> Int { reports.reduce(0) { $0 + value($1) } }
    if !notStarted.isEmpty {
      logger.warn(
        "not started: the deadline is near",
        [
          "identifiers": .array(notStarted.prefix(10).map { .string($0.text) }), "count": .integer(notStarted.count),
        ])
    }
    let history = sum { $0.written.history.stored }
    logger.metrics([
      CacheMetric.samplesFetched(sum { $0.read?.samples ?? 0 }),
      CacheMetric.historyRecords(history),
      CacheMetric.forecastRecords(sum(\.written.forecastItems)),
      CacheMetric.recordsRejected(sum { $0.written.history.rejected.count }),
      CacheMetric.sourceErrors(sum { $0.isSourceError ? 1 : 0 }),
    ])
    logger.info(
      "fetched",
      [
        "identifiers": .integer(reports.count), "failed": .integer(sum { $0.failure == nil ? 0 : 1 }),
        "notStarted": .integer(notStarted.count),
        "history": .integer(history), "superseded": .integer(sum { $0.written.history.superseded }),
        "forecast": .integer(sum(\.written.forecastItems)),
      ])
  }
}
