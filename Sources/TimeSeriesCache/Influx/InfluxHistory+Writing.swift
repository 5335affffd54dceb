import CacheSupport

extension InfluxHistory {
  /// Points of one request; InfluxDB advises 5,000 to 10,000.
  static let pointsPerRequest: Int = 5000
  /// Bytes of one request, unless one point has more.
  static let bytesPerRequest: Int = 4_000_000
  /// Requests in flight for one write.
  static let requestsInFlight: Int = 4
  /// Requests that one write spends on finding the points that InfluxDB does not take.
  static let requestsToBisect: Int = 40
  /// How often what may pass is tried, the first time included.
  static let attempts: Int = 3

  /// Reads the versions of the samples' instants, and writes those that are newer, 5,000 per request.
  ///
  /// Where InfluxDB does not take all of a request, halves of it are sent until the samples at fault are alone; they are rejected with
  /// InfluxDB's words.
  public func write(_ samples: [Sample], of series: Series, version: Int64) async -> HistoryWrite {
    await write([SeriesSamples(series: series, samples: samples)], version: version)[0]
  }

  /// Reads the versions of all samples' instants, and writes those that are newer, 5,000 per request, whichever of the series they belong
  /// to; four requests at a time.
  ///
  /// Where an answer is lost, versions are read again before the same is sent again: what has arrived is known by its version.
  public func write(_ parts: [SeriesSamples], version: Int64) async -> [HistoryWrite] {
    var outcomes = [HistoryWrite](repeating: HistoryWrite(), count: parts.count)
    var pending: [InfluxPoint] = []
    let places = parts.map { InfluxPlace($0.series) }
    for (index, part) in parts.enumerated() {
      pending += points(of: part, index, places[index], &outcomes[index])
    }
    let budget = RequestBudget(Self.requestsToBisect)
    for attempt in 1...Self.attempts where !pending.isEmpty {
      var failures: [(point: InfluxPoint, error: StoreError)] = []
      do throws(StoreError) {
        let newer = try await newer(pending, places, version, &outcomes)
        let batches = InfluxBatch.batches(newer, parts, places, version)
        let written = await mapConcurrently(batches, limit: Self.requestsInFlight) { batch in
          await writeBatch(batch, budget)
        }
        for outcome in written.joined() {
          switch outcome.result {
          case .stored: outcomes[outcome.point.part].addStored(outcome.point.time)
          case .rejected(let reason):
            outcomes[outcome.point.part].rejected.add(.init(time: outcome.point.time, reason: reason))
          case .failed(let error, let isInDoubt):
            var point = outcome.point
            point.isInDoubt = point.isInDoubt || isInDoubt
            failures.append((point, error))
          }
        }
      } catch { failures = pending.map { ($0, error) } }
      pending = []
      let isLast = attempt == Self.attempts
      for (point, error) in failures {
        if !isLast, error.kind == .unavailable || error.kind == .throttled {
          pending.append(point)
        } else {
          outcomes[point.part].failure = outcomes[point.part].failure ?? error
        }
      }
      guard !pending.isEmpty else { break }
      let pause = Duration.milliseconds(Int64(random() * 200 * Double(1 << attempt)))
      do throws(CancellationError) { try await sleep(pause) } catch {
        for (point, error) in failures {
          outcomes[point.part].failure = outcomes[point.part].failure ?? error
        }
        break
      }
    }
    return outcomes
  }

  /// The points of samples that InfluxDB can keep, ascending by time; the others are rejected.
  private func points(
    of part: SeriesSamples, _ index: Int, _ place: InfluxPlace, _ outcome: inout HistoryWrite
  ) -> [InfluxPoint] {
    let fault = InfluxLine.fault(of: place, isWritten: part.series.key != nil)
    var known: [String] = []
    var points: [InfluxPoint] = []
    points.reserveCapacity(part.samples.count)
    for (number, sample) in part.samples.enumerated() {
      guard fault == nil, let instant = InfluxSpan.nanoseconds(sample.time, sample.nanoseconds) else {
        let reason = fault ?? InfluxLine.fault(of: sample, known: &known) ?? ""
        outcome.rejected.add(.init(time: sample.time, reason: reason))
        continue
      }
      if let reason = InfluxLine.fault(of: sample, known: &known) {
        outcome.rejected.add(.init(time: sample.time, reason: reason))
      } else {
        points.append(InfluxPoint(part: index, sample: number, time: sample.time, instant: instant))
      }
    }
    return points.sorted { $0.instant < $1.instant }
  }

  /// The points that the store has no such version of, or an older one.
  ///
  /// - Parameter outcomes: those that it has count as superseded; or as stored where an answer to them was lost.
  private func newer(
    _ points: [InfluxPoint], _ places: [InfluxPlace], _ version: Int64, _ outcomes: inout [HistoryWrite]
  ) async throws(StoreError) -> [InfluxPoint] {
    var instants: [Int: [Int64]] = [:]
    for point in points { instants[point.part, default: []].append(point.instant) }
    let searches = instants.keys.sorted().map {
      VersionSearch(part: $0, place: places[$0], instants: instants[$0] ?? [])
    }
    let versions = try await versions(searches)
    return points.filter { point in
      guard let existing = versions[point.part]?[point.instant], existing >= version else { return true }
      if existing == version, point.isInDoubt {
        outcomes[point.part].addStored(point.time)
      } else {
        outcomes[point.part].superseded += 1
      }
      return false
    }
  }

  /// Sends a batch; where InfluxDB does not take all of it, its halves, until the points at fault are alone.
  private func writeBatch(_ batch: InfluxBatch, _ budget: RequestBudget) async -> [InfluxBatch.Outcome] {
    var outcomes: [InfluxBatch.Outcome] = []
    var pending = [batch]
    while let batch = pending.popLast() {
      do throws(StoreError) {
        let refusal = try await connection.write(batch.lines)
        guard let refusal else {
          outcomes += batch.outcomes(.stored)
          continue
        }
        if batch.points.count == 1 || refusal.dropped == batch.points.count {
          outcomes += batch.outcomes(.rejected(refusal.reason))
        } else if budget.spend(2) {
          let (first, second) = batch.halves
          pending += [second, first]
        } else {
          outcomes += batch.outcomes(.failed(refusal.error, isInDoubt: false))
        }
      } catch { outcomes += batch.outcomes(.failed(error, isInDoubt: true)) }
    }
    return outcomes
  }
}

/// A sample of a write.
struct InfluxPoint: Sendable {
  /// Whose it is: a place in the parts of the write.
  let part: Int
  /// A place in the part's samples.
  let sample: Int
  let time: Int64
  /// Nanoseconds.
  let instant: Int64
  /// True where it was sent and no answer came.
  var isInDoubt = false
}

/// Points that one request writes, with their lines.
struct InfluxBatch: Sendable {
  enum Result: Sendable {
    case stored
    case rejected(String)
    /// - Parameter isInDoubt: true where the points may have been written.
    case failed(StoreError, isInDoubt: Bool)
  }

  struct Outcome: Sendable {
    var point: InfluxPoint
    var result: Result
  }

  private(set) var points: ArraySlice<InfluxPoint> = []
  /// Where each point's line ends, by its place in `points`.
  private var ends: ArraySlice<Int> = []
  private(set) var lines: ArraySlice<UInt8> = []

  static func batches(
    _ points: [InfluxPoint], _ parts: [SeriesSamples], _ places: [InfluxPlace], _ version: Int64
  ) -> [InfluxBatch] {
    var batches: [InfluxBatch] = []
    var (taken, ends, lines): ([InfluxPoint], [Int], [UInt8]) = ([], [], [])
    func flush() {
      guard !taken.isEmpty else { return }
      batches.append(InfluxBatch(points: taken[...], ends: ends[...], lines: lines[...]))
      (taken, ends, lines) = ([], [], [])
    }
    var key: (part: Int, bytes: [UInt8])?
    for point in points {
      if key?.part != point.part { key = (point.part, InfluxLine.key(of: places[point.part])) }
      taken.append(point)
      InfluxLine.append(
        parts[point.part].samples[point.sample], key: key?.bytes ?? [], version: version, to: &lines)
      ends.append(lines.count)
      if taken.count == InfluxHistory.pointsPerRequest || lines.count >= InfluxHistory.bytesPerRequest { flush() }
    }
    flush()
    return batches
  }

  var halves: (InfluxBatch, InfluxBatch) {
    let middle = points.startIndex + points.count / 2
    let cut = ends[ends.startIndex + points.count / 2 - 1]
    let place = ends.startIndex + points.count / 2
    return (
      InfluxBatch(points: points[..<middle], ends: ends[..<place], lines: lines[..<cut]),
      InfluxBatch(points: points[middle...], ends: ends[place...], lines: lines[cut...])
    )
  }

  func outcomes(_ result: Result) -> [Outcome] { points.map { Outcome(point: $0, result: result) } }
}
