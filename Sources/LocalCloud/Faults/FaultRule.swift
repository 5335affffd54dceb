import CacheSupport

/// A fault on purpose: what happens, to which requests, and how often.
struct FaultRule: Sendable, Hashable {
  var effect: Effect
  /// A service's name in signatures, such as `dynamodb`; nil means all.
  var service: String?
  /// nil means all.
  var operation: String?
  /// The table, queue, function or parameter that a request names; nil means all.
  var resource: String?
  var frequency: Frequency = .always

  /// How often a rule strikes, of the requests that it is for.
  enum Frequency: Sendable, Hashable {
    case always
    /// From 0 to 1.
    case probability(Double)
    case first(Int)
    /// The nth, the 2nth, and so on.
    case every(Int)
  }

  enum Effect: Sendable, Hashable {
    /// Refused as too many, in the service's own words.
    case throttling
    /// The service's own error with a status of 500 or 503.
    case serverError(status: Int)
    /// Begun later, by a time within bounds, milliseconds.
    case latency(ClosedRange<Int64>)
    /// The connection closes; nothing is done.
    case dropBefore
    /// The connection closes once all is done.
    case dropAfter
    /// A share of the items or keys of a batch is given back.
    case unprocessed(share: Double)
    /// A share of the entries of a batch fails.
    case failedEntries(share: Double)
    /// A share of the records of a WriteRecords is rejected.
    case rejectedRecords(share: Double, reason: String)
    /// An invocation fails; the function does not run.
    case functionError
    /// The service's clock is off, by seconds.
    case clockSkew(Int64)
  }
}

extension FaultRule.Effect {
  enum Kind: String, Sendable, CaseIterable {
    case throttling
    case serverError = "server-error"
    case latency
    case dropBefore = "drop-before"
    case dropAfter = "drop-after"
    case unprocessed
    case failedEntries = "failed-entries"
    case rejectedRecords = "rejected-records"
    case functionError = "function-error"
    case clockSkew = "clock-skew"

    /// Whether it is a matter of single operations, which say so by a ``BatchFault``.
    var isOfBatches: Bool { [.unprocessed, .failedEntries, .rejectedRecords].contains(self) }
  }

  var kind: Kind {
    switch self {
    case .throttling: .throttling
    case .serverError: .serverError
    case .latency: .latency
    case .dropBefore: .dropBefore
    case .dropAfter: .dropAfter
    case .unprocessed: .unprocessed
    case .failedEntries: .failedEntries
    case .rejectedRecords: .rejectedRecords
    case .functionError: .functionError
    case .clockSkew: .clockSkew
    }
  }
}

extension FaultRule {
  /// The rule in the form in which a file has it.
  var json: JSONObject {
    var json: JSONObject = ["fault": .string(effect.kind.rawValue)]
    json["service"] = service.map { .string($0) }
    json["operation"] = operation.map { .string($0) }
    json["resource"] = resource.map { .string($0) }
    switch frequency {
    case .always: break
    case .probability(let value): json["probability"] = .number("\(value)")
    case .first(let count): json["first"] = .integer(count)
    case .every(let count): json["every"] = .integer(count)
    }
    switch effect {
    case .throttling, .dropBefore, .dropAfter, .functionError: break
    case .serverError(let status): json["status"] = .integer(status)
    case .latency(let range):
      json["milliseconds"] = .array([.integer(range.lowerBound), .integer(range.upperBound)])
    case .unprocessed(let share), .failedEntries(let share): json["share"] = .number("\(share)")
    case .rejectedRecords(let share, let reason):
      json["share"] = .number("\(share)")
      json["reason"] = .string(reason)
    case .clockSkew(let seconds): json["seconds"] = .integer(seconds)
    }
    return json
  }
}

/// The rules of a file, and the seed of their chances.
struct FaultSet: Sendable, Hashable {
  var seed: UInt64
  var rules: [FaultRule]
}
