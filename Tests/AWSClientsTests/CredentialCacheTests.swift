import CacheSupport
import SigV4
import TestSupport
import Testing

@testable import AWSClients

@Suite(.timeLimit(.minutes(10))) struct CredentialCacheTests {
  static let minute: Int64 = 60_000

  /// A provider whose calls are counted; the first gives `key1`.
  struct Provider: CredentialProvider {
    let calls = Recorder<Int>()
    let answer: @Sendable (Int) async throws(CredentialError) -> TemporaryCredentials?

    func resolve() async throws(CredentialError) -> TemporaryCredentials? {
      calls.append(0)
      return try await answer(calls.elements.count)
    }
  }

  static func pair(_ number: Int, until end: Int64?) -> TemporaryCredentials {
    TemporaryCredentials(Credentials(accessKeyID: "key\(number)", secretAccessKey: "s"), expiration: end)
  }

  /// The distinct keys that callers get who ask at once.
  static func burst(_ cache: CredentialCache, _ count: Int = 20) async throws -> Set<String> {
    Set(try await mapConcurrently(0..<count, limit: count) { _ in try await cache.credentials() }.map(\.accessKeyID))
  }

  @Test("Twenty callers with credentials of five or fifteen minutes renew once, not each", arguments: [5, 15, 60])
  func bursts(minutes: Int64) async throws {
    let clock = ManualClock(1_800_000_000_000)
    let provider = Provider { number in Self.pair(number, until: clock.now + minutes * Self.minute) }
    let cache = CredentialCache(provider: provider, clock: clock.clock, random: { 0 })
    for _ in 0..<10 {
      #expect(try await Self.burst(cache) == ["key1"])
      clock.advance(minutes * Self.minute * 3 / 4 / 10 - 1)
    }
    #expect(provider.calls.elements.count == 1)
    // In the last quarter one renewal runs in the background; at the end all wait for it.
    clock.advance(minutes * Self.minute / 8)
    #expect(try await Self.burst(cache).isSubset(of: ["key1", "key2"]))
    clock.advance(minutes * Self.minute / 8 - 1)
    #expect(try await Self.burst(cache) == ["key2"])
    #expect(provider.calls.elements.count == 2)
  }

  @Test("Credentials that a service refused as expired are renewed once, however many requests it refused")
  func forget() async throws {
    let provider = Provider { number in Self.pair(number, until: nil) }
    let cache = CredentialCache(provider: provider, clock: .fixed(0))
    let refused = try await cache.credentials()
    for _ in 0..<20 {
      cache.forget(refused)
      #expect(try await cache.credentials().accessKeyID == "key2")
    }
    #expect(provider.calls.elements.count == 2)
  }

  @Test("A renewal that failed in passing leaves the old ones in use; a refusal does so only until they end")
  func failures() async throws {
    for (isTransient, last) in [(true, "key1"), (false, nil)] {
      let clock = ManualClock(1_800_000_000_000)
      let provider = Provider { [end = clock.now + 60 * Self.minute] number throws(CredentialError) in
        guard number == 1 else { throw CredentialError("down", isTransient: isTransient) }
        return Self.pair(1, until: end)
      }
      let cache = CredentialCache(provider: provider, clock: clock.clock, random: { 0 })
      _ = try await cache.credentials()
      clock.advance(59 * Self.minute + 1)
      for _ in 0..<5 { #expect(try await cache.credentials().accessKeyID == "key1") }
      #expect(provider.calls.elements.count == 2)
      clock.advance(Self.minute)
      #expect((try? await cache.credentials())?.accessKeyID == last)
      clock.advance(10 * Self.minute)
      await #expect(throws: CredentialError("down", isTransient: isTransient)) { try await cache.credentials() }
    }
  }

  @Test("Ten calls at one instant ask a source that fails once") func failing() async {
    let provider = Provider { _ throws(CredentialError) in throw CredentialError("down", isTransient: true) }
    let cache = CredentialCache(provider: provider, clock: .fixed(0))
    for _ in 0..<10 {
      await #expect(throws: CredentialError("down", isTransient: true)) { try await cache.credentials() }
    }
    #expect(provider.calls.elements.count == 1)
  }

  @Test("The end is judged by the clock that is handed in, which knows the service's time") func skew() async throws {
    let skew = ManualClock(0)
    let machine: Int64 = 1_800_000_000_000
    let provider = Provider { number in Self.pair(number, until: machine + 60 * Self.minute) }
    let cache = CredentialCache(
      provider: provider, clock: WallClock { machine + skew.now }, random: { 0 })
    _ = try await cache.credentials()
    // A service says that it is 61 minutes later than this machine thinks.
    skew.advance(61 * Self.minute)
    #expect(try await cache.credentials().accessKeyID == "key2")
  }

  @Test("Without any source the error says what to set") func none() async {
    let cache = CredentialCache(provider: Provider { _ in nil }, clock: .fixed(0))
    await #expect { try await cache.credentials() } throws: { "\($0)".contains("AWS_ACCESS_KEY_ID") }
  }
}
