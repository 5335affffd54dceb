import CacheSupport
import SigV4

/// Keeps credentials until shortly before they end; however many callers ask, one renewal is in flight.
///
/// Renewals start 15 minutes before the end in the background, for short-lived credentials in their last quarter. Callers
/// wait for one only in the last minute. While renewals fail for causes that may pass, the old credentials are used for up
/// to ten minutes past their end, as AWS's SDKs do where the instance's metadata service has nothing newer: the service
/// that they are shown to judges.
final class CredentialCache: Sendable {
  typealias Held = ExpiringValue<Credentials, CredentialError>

  private let provider: any CredentialProvider
  private let held: Held

  static let timing: Held.Timing = .init(
    ahead: 15 * 60_000, part: 4, margin: 60_000, grace: 10 * 60_000, pause: 30_000, pauseWithout: 5000)

  /// - Parameter clock: the service's time as far as it is known, by which it judges whether credentials have ended.
  init(
    provider: any CredentialProvider, clock: WallClock,
    random: @escaping @Sendable () -> Double = { .random(in: 0...1) }
  ) {
    self.provider = provider
    held = Held(clock: clock, timing: Self.timing, random: random)
  }

  /// - Throws: ``CredentialError`` where no source is configured, or where the one that is gives none.
  func credentials() async throws(CredentialError) -> Credentials {
    try await held.value { [provider] () async throws(CredentialError) in
      guard let found = try await provider.resolve() else { throw .none }
      return Held.Fresh(found.credentials, end: found.expiration)
    }
  }

  /// Drops credentials that a service refused as expired; those that have been renewed since stay.
  func forget(_ refused: Credentials) { held.forget { $0 == refused } }
}

extension CredentialError: RenewalError {
  package var mayPass: Bool { isTransient }

  package static let waitCancelled: CredentialError = CredentialError(
    "cancelled while waiting for credentials", isTransient: true)

  /// Where there were credentials before, it may pass: an instance's metadata service does not answer just now.
  static let none: CredentialError = CredentialError(
    "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is attached",
    isTransient: true)
}
