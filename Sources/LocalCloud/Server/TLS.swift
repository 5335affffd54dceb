import CCrypto
import CacheSupport
import Foundation

/// What a server needs to serve over TLS.
public struct TLS: Sendable {
  /// PEM.
  public var certificate: String
  /// PEM.
  public var key: String
  /// Where the certificate is: what clients take as `AWS_CA_BUNDLE`.
  public var certificateFile: String

  public struct Failure: Error, CustomStringConvertible { public let description: String }

  /// Where a cloud's certificate comes from.
  public enum Source: Sendable {
    /// Made at the start, and kept with the data.
    case selfSigned
    case given(TLS)
  }

  /// A certificate that is given, with its key, which must fit and have no passphrase.
  ///
  /// - Throws: ``Failure`` that names the file.
  public init(certificateFile: String, keyFile: String) throws {
    certificate = try Self.read(certificateFile)
    key = try Self.read(keyFile)
    self.certificateFile = URL(filePath: certificateFile).path
    try Self.check(certificate, certificateFile, key, keyFile)
  }

  /// A certificate made now, for a host, in a folder that is there; the key is in memory alone.
  init(selfSignedFor host: String, in folder: String) throws {
    (certificate, key) = try SelfSignedCertificate.make(for: host)
    certificateFile = URL(filePath: folder, directoryHint: .isDirectory).appending(path: "certificate.pem").path
    do { try Data(certificate.utf8).write(to: URL(filePath: certificateFile), options: .atomic) } catch {
      throw Failure(description: "\(certificateFile) cannot be written")
    }
  }

  private static func read(_ path: String) throws(Failure) -> String {
    do throws(TextFile.Failure) { return try TextFile.read(path) } catch {
      throw Failure(description: error.description)
    }
  }

  private static func check(
    _ certificate: String, _ certificateFile: String, _ key: String, _ keyFile: String
  ) throws(Failure) {
    let parsed = unsafe parse(certificate) { unsafe PEM_read_bio_X509($0, nil, nil, nil) }
    guard let parsed = unsafe parsed else {
      throw Failure(description: "\(certificateFile) holds no certificate in PEM")
    }
    defer { unsafe X509_free(parsed) }
    // A key with a passphrase would ask for it on the terminal: an empty one is offered instead.
    let parsedKey = unsafe parse(key) { unsafe PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in 0 }, nil) }
    guard let parsedKey = unsafe parsedKey else {
      throw Failure(description: "\(keyFile) holds no private key in PEM, or one with a passphrase")
    }
    defer { unsafe EVP_PKEY_free(parsedKey) }
    guard unsafe X509_check_private_key(parsed, parsedKey) == 1 else {
      throw Failure(description: "the key \(keyFile) is not that of the certificate \(certificateFile)")
    }
    guard unsafe X509_cmp_current_time(X509_get0_notAfter(parsed)) > 0 else {
      throw Failure(description: "the certificate \(certificateFile) has expired")
    }
  }

  private static func parse(_ text: String, _ body: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    return unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let source = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count)) else { return nil }
      defer { _ = unsafe BIO_free(source) }
      return unsafe body(source)
    }
  }
}
