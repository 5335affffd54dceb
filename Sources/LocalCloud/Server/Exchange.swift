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

  /// Bytes for which room is made before a body comes, at most: what is not written to takes no memory.
  private static let room: Int = 1 << 20

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
        let (path, query) = ServerRequest.parts(of: uri)
        var request = ServerRequest(method: method, path: path, query: query, headers: headers)
        do throws(ServerRefusal) {
          if case .length(let count) = try BodyFraming(headers) {
            guard count <= limits.body else { return .sendAndClose(.tooLarge(limits.body)) }
            // What grows is copied. No more than this is promised for what has not come.
            request.body.reserveCapacity(min(count, Self.room))
          }
        } catch {
          return .sendAndClose(error.response)
        }
        phase = .reading(request)
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
