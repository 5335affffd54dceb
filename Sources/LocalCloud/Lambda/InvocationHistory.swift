import CacheSupport
import Synchronization

/// How often each function was invoked in this run, and how that went last: for people, not for clients.
final class InvocationHistory: Sendable {
  /// An invocation that has ended.
  fileprivate struct Entry {
    var id: String
    /// When it ended, epoch milliseconds.
    var time: Int64
    /// With the wait for a process.
    var took: Duration
    /// Bytes that its process had when it answered; nil where it did not answer.
    var memory: Int?
    var result: Result
    var error: String?
  }

  fileprivate enum Result: String {
    case ok, failed, throttled, stopped
  }

  fileprivate struct Record {
    var invocations = 0
    var failures = 0
    /// The last ones, the newest first.
    var recent: [Entry] = []
    var lastError: (time: Int64, text: String)?
  }

  private struct State {
    var records: [String: Record] = [:]
    /// Of invocations that have answered and are not in a record yet, by their ids.
    var memory: [String: Int] = [:]
  }

  private let state = Mutex(State())

  /// Unicode scalars of an error that are kept.
  static let errorLimit: Int = 500
  /// Invocations of a function that are kept.
  static let recentLimit: Int = 50

  /// Remembers what an invocation's process has in memory, until ``add(_:_:id:took:at:)``, which follows.
  func note(_ memory: Int, of id: String) { state.withLock { $0.memory[id] = memory } }

  func add(_ function: String, _ outcome: InvocationOutcome, id: String, took: Duration, at now: Int64) {
    let (result, words) = Self.result(of: outcome)
    let error = words.map { String($0.unicodeScalars.prefix(Self.errorLimit)) }
    state.withLock { state in
      let memory = state.memory.removeValue(forKey: id)
      state.records[function, default: Record()].add(
        Entry(id: id, time: now, took: took, memory: memory, result: result, error: error))
    }
  }

  /// What became of it and, where something went wrong, why.
  private static func result(of outcome: InvocationOutcome) -> (Result, String?) {
    switch outcome {
    case .finished(let result):
      guard result.functionError != nil else { return (.ok, nil) }
      let json = try? JSON(parsing: result.payload)
      return (.failed, json?["errorMessage"]?.string ?? String(decoding: result.payload, as: UTF8.self))
    case .throttled(onPurpose: true):
      return (.throttled, "refused by a fault on purpose (TooManyRequestsException)")
    case .throttled(onPurpose: false):
      return (.throttled, "too many events wait already (TooManyRequestsException)")
    // The end of this cloud is no failure of the function.
    case .stopped: return (.stopped, nil)
    }
  }

  /// `name`, `invocations`, `failures`, and where there was one `last` and `lastError`.
  func json(of function: String) -> JSON {
    let record = state.withLock { $0.records[function] } ?? Record()
    var json: JSONObject = [
      "name": .string(function), "invocations": .integer(record.invocations), "failures": .integer(record.failures),
    ]
    if let last = record.recent.first {
      json["last"] = ["time": last.timeText, "milliseconds": last.milliseconds]
    }
    if let error = record.lastError {
      json["lastError"] = [
        "time": .string(UTCTime(epochMilliseconds: error.time).iso8601Text), "message": .string(error.text),
      ]
    }
    return .object(json)
  }

  /// The last invocations, the newest first: `id`, `time`, `milliseconds`, `memory` in bytes, `result` (`ok`, `failed`, `throttled` or
  /// `stopped`) and `error`.
  func recent(of function: String) -> JSON {
    let recent = state.withLock { $0.records[function]?.recent } ?? []
    return .array(
      recent.map { entry in
        [
          "id": .string(entry.id), "time": entry.timeText, "milliseconds": entry.milliseconds,
          "memory": entry.memory.map { .integer($0) } ?? .null, "result": .string(entry.result.rawValue),
          "error": entry.error.map { .string($0) } ?? .null,
        ]
      })
  }
}

extension InvocationHistory.Record {
  fileprivate mutating func add(_ entry: InvocationHistory.Entry) {
    invocations += 1
    if let error = entry.error {
      failures += 1
      lastError = (entry.time, error)
    }
    if recent.count == InvocationHistory.recentLimit { recent.removeLast() }
    recent.insert(entry, at: 0)
  }
}

extension InvocationHistory.Entry {
  fileprivate var timeText: JSON { .string(UTCTime(epochMilliseconds: time).iso8601Text) }
  fileprivate var milliseconds: JSON { .integer(Int64(took / .milliseconds(1))) }
}
