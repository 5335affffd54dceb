import AWSClients
import CacheSupport
package import LambdaRuntime
import Synchronization

/// The keys of a deployment: the API's own, and those of ``KeyRing``.
///
/// | variable | means |
/// |---|---|
/// | `API_KEY` | the API's own key, which reads everything |
/// | `API_SSM_ID` | where `API_KEY` is absent: the name of the parameter that holds it |
/// | `KEYS` | further keys, each limited to buckets and permissions: see ``KeyRing`` |
/// | `KEYS_SSM_ID` | where `KEYS` is absent: the name of the parameter that holds them |
///
/// Parameters are read every five minutes.
package struct AccessKeys: Sendable {
  private let own: CachedParameter?
  private let ring: CachedParameter?
  private let known = Known()

  /// Why a request is not let in. No case says anything about a key.
  package enum Refusal: Error, Sendable, Hashable {
    /// No key was sent, or one that is not right.
    case unauthorized
    /// There is no key that could be right: none is set, or placeholders only.
    case noKeys
    /// Keys cannot be read now, or are not written as they must be; the log says why.
    case unavailable
  }

  init(own: CachedParameter?, ring: CachedParameter?) {
    self.own = own
    self.ring = ring
  }

  /// The keys that readers may send: the API's own, which must be set, and those of the ring where there is one.
  ///
  /// - Throws: `EnvironmentError` which names the variable that is missing.
  static func ofReaders(
    _ environment: ProcessEnvironment, _ parameters: CachedParameters
  ) throws(EnvironmentError) -> AccessKeys {
    let own: CachedParameter
    if let fixed = environment["API_KEY"] {
      own = CachedParameter(fixed: fixed)
    } else {
      own =
        parameters[
          try environment.require(
            "API_SSM_ID", "the name of the parameter with the API's key (or give it in API_KEY)")]
    }
    return AccessKeys(own: own, ring: ring(environment, parameters))
  }

  /// The keys that writers may send: those of the ring, which must be set.
  ///
  /// - Throws: `EnvironmentError` which names the variable that is missing.
  static func ofWriters(
    _ environment: ProcessEnvironment, _ parameters: CachedParameters
  ) throws(EnvironmentError) -> AccessKeys {
    guard let ring = ring(environment, parameters) else {
      _ = try environment.require("KEYS_SSM_ID", "the name of the parameter with the keys (or give them in KEYS)")
      return AccessKeys(own: nil, ring: nil)
    }
    return AccessKeys(own: nil, ring: ring)
  }

  private static func ring(_ environment: ProcessEnvironment, _ parameters: CachedParameters) -> CachedParameter? {
    environment["KEYS"].map { CachedParameter(fixed: $0) } ?? environment["KEYS_SSM_ID"].map { parameters[$0] }
  }

  /// What a request may do. Each key that it brings must be right, and all must be the same one.
  ///
  /// - Parameters:
  ///   - event: brings its keys as ``GivenKeys`` lists them.
  ///   - withParameters: true where the parameter `p` may hold the key.
  ///   - patience: how long parameters are waited for, where they are not at hand.
  ///   - logger: told why keys cannot be read; no key gets there.
  package func access(
    of event: HTTPEvent, withParameters: Bool = false, patience: Duration = .seconds(10), logger: LambdaLogger
  ) async throws(Refusal) -> Access {
    let (ownKey, ring) = try await read(patience, logger)
    let given = GivenKeys(event, withParameters: withParameters)
    // Every key is compared, whatever the others were.
    let found = given.keys.map { key in
      let ofRing = ring.keys?.access(of: key)
      let isOwn = ownKey.keys?.access(of: key) != nil
      return isOwn ? Access.ofAPIKey : ofRing
    }
    if let first = found.first, let access = first, !given.isMalformed, found.allSatisfy({ $0 == access }) {
      return access
    }
    if ownKey.isUnreadable || ring.isUnreadable { throw .unavailable }
    guard !(ownKey.keys?.isEmpty ?? true) || !(ring.keys?.isEmpty ?? true) else { throw .noKeys }
    throw .unauthorized
  }

  /// Keys, and whether there may be others that cannot be read.
  private struct Reading: Sendable {
    var keys: KeyRing?
    var isUnreadable = false
  }

  private func read(_ patience: Duration, _ logger: LambdaLogger) async throws(Refusal) -> (own: Reading, ring: Reading)
  {
    // Nearly always both are at hand; where they are not, both are asked at once.
    let ownText = Self.atHand(own)
    let ringText = Self.atHand(ring)
    guard ownText == nil || ringText == nil else { return (self.own(ownText, logger), self.ring(ringText, logger)) }
    let texts = await within(patience) { [own, ring] in
      async let first = Self.text(own)
      async let second = Self.text(ring)
      return await (first, second)
    }
    guard let (ownText, ringText) = texts else {
      logger.error("keys cannot be read", ["error": .string("no answer within \(patience)")])
      throw .unavailable
    }
    return (self.own(ownText, logger), self.ring(ringText, logger))
  }

  private typealias Text = Result<String?, AWSError>

  /// Nil where somebody has to wait for it.
  private static func atHand(_ parameter: CachedParameter?) -> Text? {
    guard let parameter else { return .success(nil) }
    do throws(AWSError) { return try parameter.valueAtHand().map { .success($0) } } catch { return .failure(error) }
  }

  private static func text(_ parameter: CachedParameter?) async -> Text {
    guard let parameter else { return .success(nil) }
    do throws(AWSError) { return .success(try await parameter.value()) } catch { return .failure(error) }
  }

  private func own(_ text: Text?, _ logger: LambdaLogger) -> Reading {
    switch text {
    case .success(let key)?: return Reading(keys: key.map { KeyRing(own: $0) })
    case .failure(let error)?: return unreadable("the API's key cannot be read", error, logger)
    case nil: return Reading()
    }
  }

  private func ring(_ text: Text?, _ logger: LambdaLogger) -> Reading {
    switch text {
    case .success(let text?)?:
      do throws(KeyRing.Failure) { return Reading(keys: try known.ring(text)) } catch {
        return unreadable("the keys are not written as they must be", error, logger)
      }
    case .failure(let error)?: return unreadable("the keys cannot be read", error, logger)
    case .success(nil)?, nil: return Reading()
    }
  }

  private func unreadable(_ message: String, _ error: any Error, _ logger: LambdaLogger) -> Reading {
    logger.error(message, ["error": .string("\(error)")])
    return Reading(isUnreadable: true)
  }

  /// What was read of the ring's text, for as long as the text is the same.
  private final class Known: Sendable {
    private let reading = Mutex<(text: String, ring: Result<KeyRing, KeyRing.Failure>)?>(nil)

    func ring(_ text: String) throws(KeyRing.Failure) -> KeyRing {
      let known = reading.withLock { $0.flatMap { $0.text.hasSameBytes(as: text) ? $0.ring : nil } }
      if let known { return try known.get() }
      let ring: Result<KeyRing, KeyRing.Failure>
      do throws(KeyRing.Failure) { ring = .success(try KeyRing(text)) } catch { ring = .failure(error) }
      reading.withLock { $0 = (text, ring) }
      return try ring.get()
    }
  }
}

extension APIError {
  /// What a refusal means for a client of the API.
  init(_ refusal: AccessKeys.Refusal) {
    switch refusal {
    case .unauthorized: self = .unauthorized
    case .noKeys: self = .noKey
    case .unavailable:
      self.init(
        status: 503, code: "Unavailable",
        message: "the API's keys cannot be read now: ask again after the seconds in Retry-After",
        headers: ["Retry-After": "5"])
    }
  }
}
