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

  /// GMAC (NIST SP 800-38D) with AES-128 and a key of zeros, 16 bytes: a checksum that is several times as fast as SHA-256.
  ///
  /// Bytes that differ have different ones, unless somebody has made them so that they do not: it protects from nobody. Of a libcrypto
  /// that does not have GMAC it is the beginning of SHA-256.
  package static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    unsafe bytes.withUnsafeBufferPointer { unsafe gmac($0) } ?? Array(sha256(bytes).prefix(16))
  }

  private static func gmac(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    let zeros = [UInt8](repeating: 0, count: 16)
    guard let context = unsafe EVP_CIPHER_CTX_new() else { return nil }
    defer { unsafe EVP_CIPHER_CTX_free(context) }
    var length: Int32 = 0
    guard unsafe EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nil, zeros, zeros) == 1 else { return nil }
    // What is authenticated alone has no place for a cipher text. Lengths have 31 bits.
    var rest = unsafe bytes[...]
    while unsafe !rest.isEmpty {
      let part = unsafe UnsafeBufferPointer(rebasing: rest.prefix(1 << 30))
      let isRead = unsafe EVP_EncryptUpdate(context, nil, &length, part.baseAddress, Int32(part.count)) == 1
      guard isRead else { return nil }
      unsafe rest = unsafe rest.dropFirst(part.count)
    }
    var tag = zeros
    let isWell =
      unsafe EVP_EncryptFinal_ex(context, nil, &length) == 1
      && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
    return isWell ? tag : nil
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
