import CacheSupport
import Synchronization

/// The queues that invoke functions, and the pollers that read them.
final class EventSources: Sendable {
  /// A mapping as it stands.
  struct Source: Sendable {
    var mapping: EventSourceMapping
    /// Epoch milliseconds.
    var modified: Int64
    fileprivate var poller: Task<Void, Never>?
  }
  private struct State {
    /// By the mappings' ids.
    var sources: [String: Source] = [:]
    /// Whether those that are enabled are read.
    var polls = false
  }
  private let state = Mutex(State())
  private let messages: QueueStore
  private let sandboxes: Sandboxes
  private let account: Account
  private let clock: WallClock
  private let tasks = BackgroundTasks()

  init(messages: QueueStore, sandboxes: Sandboxes, account: Account, clock: WallClock) {
    self.messages = messages
    self.sandboxes = sandboxes
    self.account = account
    self.clock = clock
  }

  var all: [Source] { state.withLock { Array($0.sources.values) } }

  func source(_ id: String) -> Source? { state.withLock { $0.sources[id] } }

  func set(_ mappings: [EventSourceMapping]) {
    let now = clock.now
    state.withLock { state in
      for mapping in mappings { state.sources[mapping.id] = Source(mapping: mapping, modified: now) }
    }
  }

  /// Begins to read the queues.
  func start() {
    state.withLock { state in
      state.polls = true
      state.sources = state.sources.mapValues { source in
        Source(mapping: source.mapping, modified: source.modified, poller: poller(source.mapping))
      }
    }
  }

  /// Changes a mapping: its poller ends, once what it has received is done, and another begins.
  ///
  /// - Returns: nil where there is no such mapping.
  func update(
    _ id: String, _ change: (inout EventSourceMapping) throws(ServiceError) -> Void
  ) throws(ServiceError) -> Source? {
    let (source, former): (Source?, Task<Void, Never>?) = try state.withLock { state throws(ServiceError) in
      guard var source = state.sources[id] else { return (nil, nil) }
      try change(&source.mapping)
      let former = source.poller
      source.modified = clock.now
      source.poller = state.polls ? poller(source.mapping) : nil
      state.sources[id] = source
      return (source, former)
    }
    former?.cancel()
    return source
  }

  private func poller(_ mapping: EventSourceMapping) -> Task<Void, Never>? {
    guard mapping.isEnabled else { return nil }
    let source = EventSource(mapping: mapping, messages: messages, sandboxes: sandboxes, account: account)
    let poller = Task { await source.run() }
    tasks.run {
      await withTaskCancellationHandler {
        await poller.value
      } onCancel: {
        poller.cancel()
      }
    }
    return poller
  }

  /// Receives nothing more; what has been received goes on.
  func stopReceiving() {
    let pollers = state.withLock { state in
      state.polls = false
      return state.sources.values.compactMap(\.poller)
    }
    for poller in pollers { poller.cancel() }
  }

  func stop() async { await tasks.stop() }
}
