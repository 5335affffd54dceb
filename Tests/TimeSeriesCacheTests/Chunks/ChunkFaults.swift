import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport

@testable import TimeSeriesCache

/// Stands before a table and fails where a test says.
final class FaultyHTTP: HTTPClient {
  enum Fault: Sendable {
    case none
    /// The request does not arrive.
    case unsent
    /// The request is carried out, and nobody learns of it.
    case lostAnswer
    /// Something happens before the request arrives.
    case after(@Sendable () -> Void)
  }

  private let real: any HTTPClient
  private let fault: @Sendable (_ number: Int, _ operation: String) -> Fault
  private let count = Mutex(0)

  /// - Parameter fault: what becomes of a request, by its number from 0.
  init(_ real: any HTTPClient, _ fault: @escaping @Sendable (_ number: Int, _ operation: String) -> Fault) {
    self.real = real
    self.fault = fault
  }

  var requests: Int { count.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let number = count.withLock { count in
      count += 1
      return count - 1
    }
    let operation = (request.headers["X-Amz-Target"] ?? "").split(separator: ".").last.map(String.init) ?? ""
    switch fault(number, operation) {
    case .none: break
    case .unsent: throw HTTPError(.connectionLost, "lost before it arrived")
    case .lostAnswer:
      _ = try await real.send(request)
      throw HTTPError(.connectionLost, "lost after it was carried out")
    case .after(let action): action()
    }
    return try await real.send(request)
  }
}

/// Lets the requests of several writers through one at a time, in an order that a test gives.
///
/// Where the one whose turn it is has ended, the next one's turn it is; after the last turn all go on as they come.
final class Turnstile: Sendable {
  private struct State {
    var turns: ArraySlice<Int>
    var isRunning = false
    var hasEnded: Set<Int> = []
    var waiting: [(writer: Int, continuation: CheckedContinuation<Void, Never>)] = []

    /// Who goes on now.
    mutating func next() -> CheckedContinuation<Void, Never>? {
      guard !isRunning, !waiting.isEmpty else { return nil }
      while let turn = turns.first, hasEnded.contains(turn) { turns = turns.dropFirst() }
      let place = turns.first.map { turn in waiting.firstIndex { $0.writer == turn } } ?? 0
      guard let place else { return nil }
      turns = turns.dropFirst()
      isRunning = true
      return waiting.remove(at: place).continuation
    }
  }

  private let state: Mutex<State>

  init(turns: [Int]) { state = Mutex(State(turns: turns[...])) }

  private func change(_ change: (inout sending State) -> Void) {
    let next = state.withLock { state in
      change(&state)
      return state.next()
    }
    next?.resume()
  }

  func enter(_ writer: Int) async {
    await withCheckedContinuation { continuation in change { $0.waiting.append((writer, continuation)) } }
  }

  func leave() { change { $0.isRunning = false } }
  func end(_ writer: Int) { change { _ = $0.hasEnded.insert(writer) } }

  /// What one of the writers sends through.
  func http(_ real: any HTTPClient, writer: Int) -> any HTTPClient {
    Passage(real: real, turnstile: self, writer: writer)
  }

  private struct Passage: HTTPClient {
    let real: any HTTPClient
    let turnstile: Turnstile
    let writer: Int

    func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
      await turnstile.enter(writer)
      defer { turnstile.leave() }
      return try await real.send(request)
    }
  }
}

/// Random numbers that several tasks draw.
final class SharedRandom: Sendable {
  private let random: Mutex<SplitMix>
  init(seed: UInt64) { random = Mutex(SplitMix(seed: seed)) }
  func int(_ range: Range<Int>) -> Int { random.withLock { Int.random(in: range, using: &$0) } }
}
