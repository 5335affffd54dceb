import Synchronization

/// Keeps the last signing keys, so that a request costs one HMAC instead of five: a key holds for a whole day.
///
/// The signer itself stays pure; whoever signs many requests owns one of these.
package final class SigningKeyCache: Sendable {
  private struct Entry {
    var secret: String
    var region: String
    var service: String
    var day: String
    var key: [UInt8]
  }

  private let entries = Mutex<[Entry]>([])
  private let derive: @Sendable (_ signer: Signer, _ day: String) -> [UInt8]

  /// How many keys are kept; beyond them the oldest goes.
  package static let capacity: Int = 16

  /// - Parameter derive: tests count how often it is asked.
  package init(derive: @escaping @Sendable (Signer, String) -> [UInt8] = { $0.signingKey(day: $1) }) {
    self.derive = derive
  }

  package func key(of signer: Signer, day: String) -> [UInt8] {
    let secret = signer.credentials.secretAccessKey
    return entries.withLock { entries in
      for entry in entries
      where entry.service == signer.service && entry.day == day && entry.region == signer.region
        && entry.secret == secret
      {
        return entry.key
      }
      let key = derive(signer, day)
      if entries.count == Self.capacity { entries.removeFirst() }
      entries.append(
        Entry(secret: secret, region: signer.region, service: signer.service, day: day, key: key))
      return key
    }
  }
}
