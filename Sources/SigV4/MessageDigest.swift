internal import CCrypto

/// The digests that the wire needs, from libcrypto.
package enum MessageDigest {
  /// SHA-256 (FIPS 180-4), 32 bytes.
  package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    unsafe bytes.withUnsafeBufferPointer { input in
      _ = unsafe SHA256(input.baseAddress, input.count, &digest)
    }
    return digest
  }

  /// HMAC-SHA-256 (RFC 2104), 32 bytes.
  package static func hmacSHA256(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 32
    unsafe key.withUnsafeBufferPointer { key in
      unsafe message.withUnsafeBufferPointer { message in
        _ = unsafe HMAC(
          EVP_sha256(), key.baseAddress, Int32(key.count), message.baseAddress, message.count, &code, &length)
      }
    }
    return code
  }

  /// MD5, which SQS uses as a checksum of a message.
  package static func md5(_ bytes: [UInt8]) -> [UInt8] { unsafe digest(bytes, EVP_md5(), length: 16) }

  /// SHA-1, which names the files of the AWS CLI's single sign-on cache.
  package static func sha1(_ bytes: [UInt8]) -> [UInt8] { unsafe digest(bytes, EVP_sha1(), length: 20) }

  private static func digest(_ bytes: [UInt8], _ algorithm: OpaquePointer?, length: Int) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    unsafe bytes.withUnsafeBufferPointer { input in
      _ = unsafe EVP_Digest(input.baseAddress, input.count, &digest, nil, algorithm, nil)
    }
    return digest
  }

  /// Compares secrets in a time that depends on neither their contents nor their lengths.
  package static func constantTimeEqual(_ one: String, _ other: String) -> Bool {
    let (one, other) = (sha256(Array(one.utf8)), sha256(Array(other.utf8)))
    return unsafe CRYPTO_memcmp(one, other, one.count) == 0
  }

  /// Compares digests, whose length is no secret, in a time that does not depend on their contents.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    return unsafe one.count == other.count && CRYPTO_memcmp(one, other, one.count) == 0
  }
}
