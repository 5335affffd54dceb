/// Why a store could not be read or written.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What a caller can do about it.
  public enum Kind: Sendable, Hashable {
    /// The store wants fewer requests: wait, then try again.
    case throttled
    /// The store may answer later: try again.
    case unavailable
    /// The store did not answer in time.
    case timedOut
    /// The store refused the request, or its answer cannot be used: the same request fails again.
    case failed
  }

  /// What a caller can do about it.
  public var kind: Kind
  /// What happened, in the store's words where it gave any.
  public var description: String
  /// The store's own name for the error, such as `AccessDeniedException`; nil where it gave none.
  public var code: String?
  /// The request's id, to be quoted to the store's operators; nil where it gave none.
  public var requestID: String?
  /// What the store's client threw, such as an `AWSError`; nil where there was no error to pass on.
  public var cause: (any Error)?

  /// An error of a store.
  ///
  /// - Parameters:
  ///   - kind: what a caller can do about it.
  ///   - description: what happened, in the store's words where it gave any.
  ///   - code: the store's own name for the error; nil where it gave none.
  ///   - requestID: what the store's operators find the request by; nil where the store gave none.
  ///   - cause: what the store's client threw; nil where there was no error to pass on.
  public init(
    _ kind: Kind, _ description: String, code: String? = nil, requestID: String? = nil, cause: (any Error)? = nil
  ) {
    self.kind = kind
    self.description = description
    self.code = code
    self.requestID = requestID
    self.cause = cause
  }

  /// Equal where everything but the cause is equal; the cause only tells how it came about.
  public static func == (one: Self, other: Self) -> Bool {
    one.kind == other.kind && one.description == other.description && one.code == other.code
      && one.requestID == other.requestID
  }

  /// Hashes kind and description.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(description)
  }
}
