import CacheSupport
import SigV4
import Synchronization
import Testing

@Suite struct SigningKeyCacheTests {
  static func signer(_ secret: String = "s", region: String = "eu-west-1", service: String = "sqs") -> Signer {
    Signer(credentials: Credentials(accessKeyID: "k", secretAccessKey: secret), region: region, service: service)
  }

  @Test("A key is derived once for a day, a region, a service and a secret, and signs as a fresh one does")
  func derivedOnce() {
    let derived = Atomic<Int>(0)
    let cache = SigningKeyCache { signer, day in
      derived.add(1, ordering: .relaxed)
      return signer.signingKey(day: day)
    }
    let request = SignableRequest(method: "POST", path: "/", headers: [.init("Host", "h")], body: [])
    let signers = [
      Self.signer(), Self.signer("t"), Self.signer(region: "us-east-1"), Self.signer(service: "dynamodb"),
    ]
    let days = [UTCTime(epochSeconds: 1_800_000_000), UTCTime(epochSeconds: 1_800_000_000 + 86_400)]
    for _ in 0..<3 {
      for signer in signers {
        for day in days {
          let headers = signer.headers(for: request, at: day) { cache.key(of: signer, day: $0) }
          #expect(headers == signer.headers(for: request, at: day))
        }
      }
    }
    #expect(derived.load(ordering: .relaxed) == signers.count * days.count)
  }

  @Test("However many keys there were, few are kept") func bounded() {
    let derived = Atomic<Int>(0)
    let cache = SigningKeyCache { _, _ in
      derived.add(1, ordering: .relaxed)
      return []
    }
    let many = SigningKeyCache.capacity + 1
    for number in 0..<many { _ = cache.key(of: Self.signer("\(number)"), day: "20270115") }
    #expect(derived.load(ordering: .relaxed) == many)
    _ = cache.key(of: Self.signer("\(many - 1)"), day: "20270115")
    #expect(derived.load(ordering: .relaxed) == many)
    _ = cache.key(of: Self.signer("0"), day: "20270115")
    #expect(derived.load(ordering: .relaxed) == many + 1)
  }
}
