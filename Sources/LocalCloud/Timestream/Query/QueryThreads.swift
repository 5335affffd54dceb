import CacheSupport
import Foundation
import Synchronization
import TimestreamSQL

/// The threads on which SQL is read, bound and run: deep stacks, a bounded number at a time, a bounded number that waits.
///
/// A thread takes the next that waits when it is done, and ends when nobody does: an idle engine has none.
final class QueryThreads: Sendable {
  /// Threads at a time.
  static let running: Int = 16
  /// Work that waits for a thread; more is throttled.
  static let waiting: Int = 48
  /// Work that is there at a time.
  static let limit: Int = running + waiting

  private struct State {
    var waiting = Deque<Job>()
    var running: [ObjectIdentifier: Job] = [:]
    var isStopped = false
  }
  private let state = Mutex(State())
  private let memory: QueryMemory

  /// - Parameter memory: what the work shares.
  init(memory: QueryMemory) { self.memory = memory }

  /// Why work was not done.
  enum Refusal: Error { case throttled, cancelled }

  /// Runs a body on a thread of its own kind, with a budget that the caller's cancellation ends.
  func run<Value: Sendable>(
    _ limits: QueryBudget.Limits, _ body: @escaping @Sendable (QueryBudget) -> Value
  ) async -> Result<Value, Refusal> {
    let job = Job(limits, memory)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        job.work = { budget in
          guard let budget else { return continuation.resume(returning: .failure(.cancelled)) }
          continuation.resume(returning: .success(body(budget)))
        }
        if !start(job) { continuation.resume(returning: .failure(.throttled)) }
      }
    } onCancel: {
      cancel(job)
    }
  }

  /// How much runs and waits at the moment.
  var load: (running: Int, waiting: Int) { state.withLock { ($0.running.count, $0.waiting.count) } }

  /// Ends what runs and what waits, soon, and lets nothing more run.
  func stop() {
    let (running, waiting) = state.withLock { state in
      state.isStopped = true
      defer { state.waiting = Deque() }
      return (Array(state.running.values), Array(state.waiting))
    }
    for job in running { job.cancel() }
    for job in waiting { job.end() }
  }

  /// False where too much waits.
  private func start(_ job: Job) -> Bool {
    enum Place { case thread, queue, none, ended }
    let place = state.withLock { state -> Place in
      if state.isStopped { return .ended }
      if state.running.count < Self.running {
        state.running[ObjectIdentifier(job)] = job
        return .thread
      }
      guard state.waiting.count < Self.waiting else { return .none }
      state.waiting.append(job)
      return .queue
    }
    switch place {
    case .thread:
      let thread = Thread { [self] in
        var next: Job? = job
        while let job = next {
          job.run()
          next = following(job)
        }
      }
      thread.name = "query"
      thread.stackSize = QueryBudget.stack
      thread.start()
    case .queue: break
    case .ended: job.end()
    case .none: return false
    }
    return true
  }

  /// Puts the oldest that waits in the place of one that is done.
  private func following(_ job: Job) -> Job? {
    state.withLock { state in
      state.running[ObjectIdentifier(job)] = nil
      guard let next = state.waiting.popFirst() else { return nil }
      state.running[ObjectIdentifier(next)] = next
      return next
    }
  }

  /// What waits leaves at once, what runs soon.
  private func cancel(_ job: Job) {
    job.cancel()
    let waited = state.withLock { state in
      let count = state.waiting.count
      state.waiting.filter { $0 !== job }
      return state.waiting.count < count
    }
    if waited { job.end() }
  }
}

/// One piece of work, which may be cancelled before it begins and while it runs.
private final class Job: Sendable {
  private struct State {
    var work: (@Sendable (QueryBudget?) -> Void)?
    var budget: QueryBudget?
    var isCancelled = false
  }
  private let state = Mutex(State())
  private let limits: QueryBudget.Limits
  private let memory: QueryMemory

  init(_ limits: QueryBudget.Limits, _ memory: QueryMemory) { (self.limits, self.memory) = (limits, memory) }

  /// Gets a budget, or nil where it was cancelled before.
  var work: (@Sendable (QueryBudget?) -> Void)? {
    get { state.withLock { $0.work } }
    set { state.withLock { $0.work = newValue } }
  }

  /// The time begins with the run, not with the wait.
  func run() {
    let (work, budget) = state.withLock { state in
      if !state.isCancelled { state.budget = QueryBudget(limits, memory: memory) }
      defer { state.work = nil }
      return (state.work, state.budget)
    }
    work?(budget)
  }

  func cancel() {
    state.withLock { state in
      state.isCancelled = true
      state.budget?.cancel()
    }
  }

  /// Ends what never ran.
  func end() {
    cancel()
    run()
  }
}
