import CacheSupport
import SigV4

/// Keeps credentials until shortly before they end; however many callers ask, one refresh is in flight.
///
/// From 15 minutes before the end a refresh runs beside the calls, which go on with what they have; from 10 minutes before
/// it, calls wait for it. A refresh that fails while the old credentials still hold is tried again by a later call.
actor CredentialCache {
  private let provider: any CredentialProvider
  private let clock: WallClock
  private var current: TemporaryCredentials?
  private var refresh: Task<Result<TemporaryCredentials, CredentialError>, Never>?
  /// After a failure in the advisory window: not before this, epoch milliseconds.
  private var nextTry: Int64 = .min

  static let advisory: Int64 = 15 * 60_000
  static let mandatory: Int64 = 10 * 60_000
  static let pause: Int64 = 60_000

  init(provider: any CredentialProvider, clock: WallClock) {
    self.provider = provider
    self.clock = clock
  }

  func credentials() async throws(CredentialError) -> Credentials {
    guard let current else { return try await refreshed().get().credentials }
    guard let expiration = current.expiration else { return current.credentials }
    let left = expiration - clock.now
    if left > Self.advisory { return current.credentials }
    if left > Self.mandatory {
      if refresh == nil, clock.now >= nextTry { Task { _ = await self.refreshed() } }
      return current.credentials
    }
    if left > 0, refresh == nil, clock.now < nextTry { return current.credentials }
    switch await refreshed() {
    case .success(let fresh): return fresh.credentials
    case .failure(let error):
      guard left > 0 else { throw error }
      return current.credentials
    }
  }

  private func refreshed() async -> Result<TemporaryCredentials, CredentialError> {
    if let refresh { return await refresh.value }
    let provider = provider
    let task = Task<Result<TemporaryCredentials, CredentialError>, Never> {
      do throws(CredentialError) {
        guard let found = try await provider.resolve() else { return .failure(.none) }
        return .success(found)
      } catch { return .failure(error) }
    }
    refresh = task
    let result = await task.value
    refresh = nil
    switch result {
    case .success(let fresh): current = fresh
    case .failure: nextTry = clock.now + Self.pause
    }
    return result
  }
}

extension CredentialError {
  static let none: CredentialError = CredentialError(
    "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is attached")
}
