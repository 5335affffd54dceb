import CacheSupport
package import LambdaRuntime

/// The fetch function: for each identifier of each message asks its source, splits at now, and writes both stores.
///
/// Each part of a source's answer is stored as it arrives, before more is asked for. Identifiers are independent: one that
/// fails takes only its own messages back to the queue.
package struct FetchHandler: LambdaHandler {
  private let sources: SourceFinder
  let writer: SampleWriter
  private let clock: WallClock
  private let concurrency: Int
  /// When the queue function runs for sources without a schedule of their own; nil where that is not known.
  private let schedule: Schedule?
  private let registered: WrittenSeries?
  /// Waits for the deadline.
  var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }

  /// Before the deadline, in milliseconds: no identifier is started later than this.
  static let startMargin: Int64 = 5000
  /// And whatever still runs is given up, so that the answer gets out.
  static let stopMargin: Int64 = 1500

  /// The longest that a fetch waits for its identifier's status to be written, and that of the series of its rows.
  static let statusTime: Duration = .seconds(5)

  init(
    sources: SourceFinder, writer: SampleWriter, clock: WallClock, concurrency: Int, schedule: Schedule? = nil
  ) {
    self.sources = sources
    self.writer = writer
    self.clock = clock
    self.concurrency = concurrency
    self.schedule = schedule
    registered = sources.registry.map { WrittenSeries($0, clock: clock) }
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
    let stopMargin = min(Self.stopMargin, time / 8)
    let left = time == .max ? time : time - stopMargin
    @Sendable func work() async {
      _ = await mapConcurrently(identifiers, limit: concurrency) { identifier in
        guard !Task.isCancelled, context.deadline == .max || clock.now < context.deadline - startMargin else { return }
        // What a fetch says after it was cancelled is the cancellation's doing; what it waited for is known.
        let report = await fetch(identifier) { if !Task.isCancelled { ledger.note($0, of: identifier) } }
        guard !Task.isCancelled, ledger.note(report, of: identifier) else { return }
        report.log(identifier, context.logger)
        guard context.deadline == .max || clock.now < context.deadline - stopMargin else { return }
        await keepStatus(report, of: identifier, context.logger)
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
    let now = clock.now
    report.time = now
    report.nextRun = schedule?.next(after: now)
    do {
      report.entry = try await sources.entry(of: identifier)
      progress(report)
      if report.entry?.kind == .written { throw FetchRefusal(description: Self.isWritten(identifier)) }
      let all = try await sources.pages(of: identifier, report.entry, now: now)
      if let every = all.source.every { report.nextRun = (now / every + 1) * every }
      var writer = try self.writer(of: identifier, all.source, now: now)
      var pages = all.makeAsyncIterator()
      do {
        report.phase = .asking(page: 1)
        progress(report)
        while !writer.isDown, !Task.isCancelled, let parts = try await pages.nextParts() {
          report.read = pages.tally
          report.phase = .storing
          progress(report)
          await writer.write(parts)
          (report.written, report.series) = (writer.outcome, writer.series)
          report.phase = .asking(page: (pages.page?.number ?? 0) + 1)
          progress(report)
        }
      } catch {
        report.fail("\(error)", isSourceError: true)
      }
      report.read = pages.tally
      report.isSourceError = report.isSourceError || !pages.tally.faults.isEmpty
      if let failure = writer.failure { report.fail(failure) }
      if report.failure == nil, Task.isCancelled { report.fail("the fetch was cancelled") }
    } catch {
      report.fail("\(error)", isSourceError: (error as? SourceError)?.isSourceFault ?? false)
    }
    report.phase = .done
    return report
  }

  private static func isWritten(_ identifier: Identifier) -> String {
    "'\(identifier)' is registered as a series that somebody writes: no source is asked for it"
  }

  private func writer(
    of identifier: Identifier, _ source: SourceDescription, now: Int64
  ) throws(FetchRefusal) -> PartWriter {
    guard let series = source.series else { return .one(writer.begin(Series(identifier), now: now)) }
    guard let registered else {
      throw FetchRefusal(
        description:
          "source '\(source.name)' makes a series of each row, and each is registered: set IDENTIFIER_TABLE, the DynamoDB table of the identifiers"
      )
    }
    return .several(RowSeriesWriter(writer, registered, bucket: series.bucket, now: now))
  }

  /// Adds a fetch to the status of its identifier, where that is registered, and of the series that its rows make.
  ///
  /// A status that cannot be written is logged; the fetch is none the worse, and nobody waits for it longer than ``statusTime``.
  package func keepStatus(_ report: FetchReport, of identifier: Identifier, _ logger: LambdaLogger) async {
    guard let registry = sources.registry, let entry = report.entry, entry.kind == .source else { return }
    let isKept = await within(Self.statusTime, sleep: sleep) {
      do throws(StoreError) { try await registry.record(report.run, of: identifier, known: entry.status) } catch {
        logger.warn(
          "the status of an identifier was not written",
          ["identifier": .string(identifier.text), "error": .string(error.description)])
      }
      // As many at once as one note tells.
      let runs = report.seriesRuns
      for start in stride(from: 0, to: runs.count, by: WrittenSeries.statusesPerWrite) {
        await registered?.note(Array(runs[start..<min(start + WrittenSeries.statusesPerWrite, runs.count)]), logger)
      }
      return true
    }
    if isKept == nil {
      logger.warn("the status of an identifier was not written in time", ["identifier": .string(identifier.text)])
    }
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
      CacheMetric.recordsRejected(sum { $0.written.rejected.count }),
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
