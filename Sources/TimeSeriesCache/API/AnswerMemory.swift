import CacheSupport
import LambdaRuntime
import Synchronization

/// The answers of the last few seconds, so that identical requests ask the stores once: some bill each question, Timestream 10 MB at least.
///
/// Requests are identical where everything is that an answer depends on (``Key``). A time such as `now-1h` counts as the text that
/// it is: within these seconds the answer is that of the first request. Requests that arrive while the first one is being answered
/// share its answer, errors included; of what is kept only answers with status 200 are served again.
final class AnswerMemory: Sendable {
  /// What an answer depends on.
  struct Key: Hashable {
    /// Whose key it is: an answer is never that of another key.
    var access: Access
    var path: [UInt8]
    /// Ordered by name; values of one name stay in the order of the request, on which an answer may depend.
    var query: [HTTPEvent.QueryItem]
    var accept: String
    var isPacked: Bool
    /// Of a form.
    var contentType: String
    var body: [UInt8]

    /// - Parameter isPacked: whether the client takes gzip.
    init(_ event: HTTPEvent, access: Access, isPacked: Bool) {
      self.access = access
      self.isPacked = isPacked
      path = event.path
      query = event.query.enumerated().sorted { one, other in
        one.element.name == other.element.name
          ? one.offset < other.offset : one.element.name.lexicographicallyPrecedes(other.element.name)
      }.map(\.element)
      accept = event.headers["accept"] ?? ""
      // A GET has no use for a body, but some clients send one.
      let isForm = event.method == "POST"
      contentType = isForm ? event.headers["content-type"] ?? "" : ""
      body = isForm ? event.body : []
    }

    var bytes: Int {
      path.count + body.count + accept.utf8.count + contentType.utf8.count
        + query.reduce(0) { $0 + $1.name.count + $1.value.count }
    }
  }

  typealias Answer = Result<HTTPEventResponse, APIError>

  /// The most answers, and the most bytes of them: the function has 256 MB.
  static let maximumCount: Int = 256
  static let maximumBytes: Int = 16 << 20
  /// What an answer takes beside its body and its key, about.
  static let overhead: Int = 1024

  fileprivate struct Kept {
    var response: HTTPEventResponse
    /// When it was asked for.
    var start: Int64
    var cost: Int
  }

  fileprivate struct State {
    var kept: [Key: Kept] = [:]
    var bytes = 0
    var asked: [Key: Task<Answer, Never>] = [:]
    /// Counts ``AnswerMemory/forget()``: what was asked before is not kept after.
    var generation = 0
  }

  private let state = Mutex(State())
  /// Milliseconds; 0 keeps and shares nothing.
  private let lifetime: Int64
  private let clock: WallClock

  init(milliseconds: Int64, clock: WallClock) {
    lifetime = milliseconds
    self.clock = clock
  }

  /// How many answers are kept, and their bytes.
  var size: (count: Int, bytes: Int) { state.withLock { ($0.kept.count, $0.bytes) } }

  /// The answer that is kept, or that of a request which is under way, or the body's.
  func answer(to key: Key, _ body: @escaping @Sendable () async -> Answer) async -> Answer {
    guard lifetime > 0 else { return await body() }
    let executor = preferredExecutor()
    let start = clock.now
    let (known, task) = state.withLock { state -> (HTTPEventResponse?, Task<Answer, Never>?) in
      if let kept = state.kept[key], kept.start <= start, start - kept.start < lifetime { return (kept.response, nil) }
      if let task = state.asked[key] { return (nil, task) }
      let generation = state.generation
      let task = Task(executorPreference: executor) { [self] in
        let answer = await body()
        self.state.withLock { $0.end(key, answer, asked: start, generation, lifetime: lifetime) }
        return answer
      }
      state.asked[key] = task
      return (nil, task)
    }
    if let known { return .success(known) }
    guard let task else { return await body() }
    return await task.value
  }

  /// Forgets everything: something was changed. Requests that are under way are not joined by others any more.
  func forget() { state.withLock { $0 = State(generation: $0.generation + 1) } }
}

extension AnswerMemory.State {
  /// Ends a request, and keeps its answer; what is too old goes, and of more than the bounds allow the oldest.
  fileprivate mutating func end(
    _ key: AnswerMemory.Key, _ answer: AnswerMemory.Answer, asked start: Int64, _ generation: Int, lifetime: Int64
  ) {
    guard generation == self.generation else { return }
    asked[key] = nil
    for (key, old) in kept where start - old.start >= lifetime { remove(key) }
    guard case .success(let response) = answer, response.status == 200 else { return }
    remove(key)
    let cost = response.content.bytes.count + key.bytes + AnswerMemory.overhead
    guard cost <= AnswerMemory.maximumBytes else { return }
    while kept.count >= AnswerMemory.maximumCount || bytes + cost > AnswerMemory.maximumBytes,
      let oldest = kept.min(by: { $0.value.start < $1.value.start })?.key
    {
      remove(oldest)
    }
    kept[key] = AnswerMemory.Kept(response: response, start: start, cost: cost)
    bytes += cost
  }

  private mutating func remove(_ key: AnswerMemory.Key) {
    if let old = kept.removeValue(forKey: key) { bytes -= old.cost }
  }
}
