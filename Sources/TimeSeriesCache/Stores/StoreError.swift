/// Why a store could not be read or written.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// It wants fewer requests.
    case throttled
    /// It may answer later.
    case unavailable
    /// It did not answer in time.
    case timedOut
    /// It answered what cannot be used, or refused the request.
    case failed
  }

  public var kind: Kind
  /// What happened, in the store's words where it gave any.
  public var description: String
  /// The store's own name for the error, such as `AccessDeniedException`; nil where it gave none.
  public var code: String?
  /// The request's id, which the store's operators ask for.
  public var requestID: String?
  /// What the store's client threw.
  public var cause: (any Error)?

  public init(
    _ kind: Kind, _ description: String, code: String? = nil, requestID: String? = nil, cause: (any Error)? = nil
  ) {
    self.kind = kind
    self.description = description
    self.code = code
    self.requestID = requestID
    self.cause = cause
  }

  /// Equal where both say the same; the cause only tells how it came about.
  public static func == (one: Self, other: Self) -> Bool {
    one.kind == other.kind && one.description == other.description && one.code == other.code
      && one.requestID == other.requestID
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(kind)
    hasher.combine(description)
  }
}
