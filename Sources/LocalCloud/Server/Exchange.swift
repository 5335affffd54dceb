import SQLiteStore
import Synchronization

/// One request and its answer. The library's thread and those that work out the answer take turns, which the mutex proves.
final class Exchange: Sendable {
  private enum Phase {
    /// Nothing but the request's line is read.
    case begun
    /// The body grows.
    case reading(ServerRequest)
    /// The rest of the body is read past; then this is answered.
    case refusing(ServerResponse)
    /// The handler has the request.
    case handedOn
    case answered(ServerResponse)
  }

  /// What the library's thread does next.
  enum Step {
    case readOn
    case handOn(ServerRequest)
    case send(ServerResponse)
    /// The connection closes after it, whatever of the body is still to come.
    case sendAndClose(ServerResponse)
  }

  private let uri: String
  /// True where the connection is one too many.
  private let isExcess: Bool
  private let limits: ServerLimits
  private let bodies: Allowance
  private let held = Atomic(0)
  private let phase = Mutex(Phase.begun)

  init(uri: String, isExcess: Bool, limits: ServerLimits, bodies: Allowance) {
    self.uri = uri
    self.isExcess = isExcess
    self.limits = limits
    self.bodies = bodies
  }

  deinit { bodies.give(held.load(ordering: .relaxed)) }

  func answer(_ response: ServerResponse) { phase.withLock { $0 = .answered(response) } }

  /// Goes on with what the library has read.
  ///
  /// - Parameters:
  ///   - chunk: the next bytes of the body; none before its beginning and at its end.
  ///   - head: reads the method and the headers.
  func advance(_ chunk: Span<UInt8>, head: () -> (method: String, headers: [(name: String, value: String)])) -> Step {
    phase.withLock { phase in
      switch phase {
      case .begun:
        if isExcess { return .sendAndClose(.tooManyConnections) }
        let (method, headers) = head()
        do throws(ServerRefusal) {
          let framing = try BodyFraming(headers)
          if case .length(let count) = framing, count > limits.body { return .sendAndClose(.tooLarge(limits.body)) }
        } catch {
          return .sendAndClose(error.response)
        }
        let (path, query) = ServerRequest.parts(of: uri)
        phase = .reading(ServerRequest(method: method, path: path, query: query, headers: headers))
        return .readOn
      case .reading(var request):
        // From here the bytes have one owner, who may append to them where they are.
        phase = .handedOn
        if chunk.isEmpty { return .handOn(request) }
        if let refusal = take(chunk.count, after: request.body.count) {
          phase = .refusing(refusal)
        } else {
          unsafe chunk.withUnsafeBufferPointer { unsafe request.body.append(contentsOf: $0) }
          phase = .reading(request)
        }
        return .readOn
      case .refusing(let response): return chunk.isEmpty ? .sendAndClose(response) : .readOn
      case .handedOn: return .readOn
      case .answered(let response): return .send(response)
      }
    }
  }

  /// - Returns: why no more of the body is held; nil where it may be.
  private func take(_ count: Int, after held: Int) -> ServerResponse? {
    guard count <= limits.body - held else { return .tooLarge(limits.body) }
    guard bodies.take(count) else { return .tooManyBodies }
    self.held.add(count, ordering: .relaxed)
    return nil
  }
}
