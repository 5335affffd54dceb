import CacheSupport
import Compression

/// What a fault may do to a part of a batch. A module says for each of its operations on batches how the part is left out of the
/// input, and how the answer then tells it.
struct BatchFault: Sendable {
  var kind: FaultRule.Effect.Kind
  var operation: String
  /// Leaves out what a choice picks.
  var leaveOut: @Sendable (JSONObject, inout FaultChoice) throws(ServiceError) -> Remainder

  /// What is left of a batch.
  struct Remainder: Sendable {
    /// nil where nothing is.
    var input: JSONObject?
    /// Adds what was left out to the answer of the rest, which is an empty object where nothing is left.
    var tell: @Sendable (Answer) -> Answer
  }
}

/// Which parts of a batch a fault strikes: the same for the same seed.
struct FaultChoice: Sendable {
  let share: Double
  /// Why, for those that are told so.
  let reason: String
  private var random: SplitMix

  init(share: Double, reason: String = "", seed: UInt64) {
    self.share = share
    self.reason = reason
    random = SplitMix(seed: seed)
  }

  /// Picks a share of so many: at least one, where there is any.
  ///
  /// - Parameter most: how many at most.
  mutating func pick(of count: Int, most: Int = .max) -> Set<Int> {
    let wanted = min(max(1, Int((share * Double(count)).rounded())), count, most)
    return Set(Array(0..<count).shuffled(using: &random).prefix(max(0, wanted)))
  }
}

extension Operation {
  /// The operation with a part of its batch left out. The whole batch is checked first.
  func struck(by fault: BatchFault, _ choice: FaultChoice) -> Operation {
    Operation(name) { request throws(ServiceError) in
      let whole = try begin(request)
      guard let input = try? JSON(parsing: request.http.plainBody()).object else { return whole }
      var choice = choice
      let remainder = try fault.leaveOut(input, &choice)
      guard let rest = remainder.input else { return .answer(remainder.tell(.empty)) }
      var request = request
      request.http.headers.removeAll { ASCII.isSameName($0.name, "content-encoding") }
      request.http.body = JSON.object(rest).bytes
      return try begin(request).changing(remainder.tell)
    }
  }
}

extension Answer {
  /// The answer with another body, told to the same.
  func with(_ body: JSONObject) -> Answer {
    var answer = self
    answer.body = JSON.object(body).bytes
    return answer
  }

  /// The members of the body.
  var members: JSONObject { (try? JSON(parsing: body).object) ?? [:] }
}

extension Operation.Step {
  /// The same step with another answer, where there is one.
  fileprivate func changing(_ change: @escaping @Sendable (Answer) -> Answer) -> Operation.Step {
    switch self {
    case .answer(let answer): .answer(change(answer))
    case .reading(let body): .reading { connection throws(ServiceError) in change(try body(connection)) }
    case .writing(let body): .writing { connection throws(ServiceError) in change(try body(connection)) }
    case .waiting(let body): .waiting { () async throws(ServiceError) in change(try await body()) }
    case .trying(let body):
      .trying { connection throws(ServiceError) in
        switch try body(connection) {
        case .answer(let write): .answer { change(write()) }
        case .waiting(let body): .waiting { () async throws(ServiceError) in change(try await body()) }
        }
      }
    }
  }
}

extension ServerRequest {
  /// The body, unpacked where it says that it is packed and is.
  func plainBody() -> [UInt8] {
    guard let encoding = self[header: "content-encoding"], ASCII.isSameName(encoding, "gzip"),
      let plain = try? Gzip.decompress(body, limit: DynamoDBService.bodyLimit)
    else { return body }
    return plain
  }
}
