import CacheSupport
import Compression
import SQLiteStore

/// Unpacks requests that say `Content-Encoding: gzip`. Their signature covers the body as it came, so it is checked before.
struct PackedBodies: Sendable {
  /// The largest body, packed and unpacked, in bytes.
  let limit: Int
  /// What unpacked bodies may hold together until their requests have run: a few kilobytes can become megabytes, so that the
  /// server's own budget, which counts what came, does not bound them.
  let budget: Allowance

  init(limit: Int, together: Int = 256 << 20) {
    self.limit = limit
    budget = Allowance(together)
  }

  /// Reads an operation's input from the contents of its body.
  ///
  /// - Throws: RequestEntityTooLargeException, SerializationException for a body that is no gzip and says it is,
  ///   ServiceUnavailableException past the budget, and what the operation throws.
  func begin(_ operation: Operation, _ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    guard request.body.count <= limit else { throw .requestTooLarge }
    guard let encoding = request.http[header: "content-encoding"], ASCII.isSameName(encoding, "gzip") else {
      return try operation.begin(request)
    }
    var unpacked = request
    do throws(GzipError) { unpacked.http.body = try Gzip.decompress(request.body, limit: limit) } catch {
      switch error {
      case .tooLarge: throw .requestTooLarge
      case .outOfMemory: throw .unavailable(error.description)
      case .notGzip, .truncated, .corrupt, .trailingBytes: throw .coral("SerializationException", error.description)
      }
    }
    guard let share = Share(of: budget, unpacked.body.count) else {
      throw .unavailable("too many packed requests are under way")
    }
    return try operation.begin(unpacked).keeping(share)
  }

  /// A part of the budget, given back when nobody keeps it any more.
  final class Share: Sendable {
    private let budget: Allowance
    private let bytes: Int

    /// Fails where there is not as much left.
    init?(of budget: Allowance, _ bytes: Int) {
      guard budget.take(bytes) else { return nil }
      (self.budget, self.bytes) = (budget, bytes)
    }

    deinit { budget.give(bytes) }
  }
}

extension Operation.Step {
  /// The same step, which keeps an object until it has run.
  fileprivate func keeping(_ object: PackedBodies.Share) -> Operation.Step {
    switch self {
    case .answer: self
    case .reading(let body):
      .reading { connection throws(ServiceError) in
        defer { withExtendedLifetime(object) {} }
        return try body(connection)
      }
    case .writing(let body):
      .writing { connection throws(ServiceError) in
        defer { withExtendedLifetime(object) {} }
        return try body(connection)
      }
    case .trying(let body):
      .trying { connection throws(ServiceError) in
        defer { withExtendedLifetime(object) {} }
        return try body(connection)
      }
    case .waiting(let body):
      .waiting { () async throws(ServiceError) in
        defer { withExtendedLifetime(object) {} }
        return try await body()
      }
    }
  }
}
