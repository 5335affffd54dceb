public import SigV4

/// One place where credentials may come from.
public protocol CredentialProvider: Sendable {
  /// The credentials, or nil where this source is not configured and the next one is to be asked.
  ///
  /// - Throws: ``CredentialError`` where the source is configured and fails; the chain then stops.
  func resolve() async throws(CredentialError) -> TemporaryCredentials?
}

/// Credentials with the time at which they end.
public struct TemporaryCredentials: Sendable, Hashable {
  /// The key pair, with its session token.
  public var credentials: Credentials
  /// Epoch milliseconds; nil for credentials that do not end.
  public var expiration: Int64?

  /// A key pair, and when it ends.
  ///
  /// - Parameters:
  ///   - credentials: the pair, with its session token where it has one.
  ///   - expiration: epoch milliseconds; nil for credentials that do not end.
  public init(_ credentials: Credentials, expiration: Int64? = nil) {
    self.credentials = credentials
    self.expiration = expiration
  }
}

/// Why a configured source gave no credentials; never holds a secret.
public struct CredentialError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What went wrong, where, and what to do.
  public var description: String
  /// True where the same source may give credentials later, as after a lost connection; false for a refusal and for
  /// settings that are wrong.
  public var isTransient: Bool

  /// An error of a source of credentials.
  ///
  /// - Parameters:
  ///   - description: what went wrong, where, and what to do; never a secret.
  ///   - isTransient: true where the same source may give credentials later.
  public init(_ description: String, isTransient: Bool = false) {
    self.description = description
    self.isTransient = isTransient
  }
}

/// Credentials that a program got elsewhere, and that do not end.
public struct StaticCredentials: CredentialProvider {
  private let value: TemporaryCredentials

  /// Takes a key pair, with its session token where it has one.
  public init(_ credentials: Credentials) { value = TemporaryCredentials(credentials) }

  /// The credentials, always.
  public func resolve() async throws(CredentialError) -> TemporaryCredentials? { value }
}
