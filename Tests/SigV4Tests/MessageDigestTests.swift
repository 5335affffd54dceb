import CacheSupport
import SigV4
import Testing

@Suite struct MessageDigestTests {
  /// Of nothing: test case 1 of the specification of GCM, whose tag it is. The others are another library's, for the same key and nonce.
  static let checksums: [(bytes: [UInt8], hex: String)] = [
    ([], "58e2fccefa7e3061367f1d57a4e7455a"), (Array("abc".utf8), "258281014dcf7bc2eac3be27cc039fb4"),
    ((0..<76_800).map { UInt8(truncatingIfNeeded: $0) }, "9ed2e72cff1680a2d0d84daa48206589"),
  ]

  @Test("The checksum is GMAC", arguments: checksums) func checksum(bytes: [UInt8], hex: String) {
    #expect(Hex.encode(MessageDigest.checksum(bytes)) == hex)
  }

  @Test("A bit, a byte more and two that changed places make another checksum") func differs() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    var seen: Set = [MessageDigest.checksum(bytes), MessageDigest.checksum(bytes + [0])]
    for place in bytes.indices {
      var other = bytes
      other[place] ^= 1
      seen.insert(MessageDigest.checksum(other))
      other = bytes
      other.swapAt(place, (place + 1) % bytes.count)
      seen.insert(MessageDigest.checksum(other))
    }
    #expect(seen.count == 2002)
  }
}
