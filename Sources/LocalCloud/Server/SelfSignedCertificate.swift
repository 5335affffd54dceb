import CCrypto
import CacheSupport

/// A certificate for this machine, made by libcrypto: P-256, signed with its own key, valid for a year.
///
/// It is its own authority (RFC 5280, basic constraints), so that clients can take it as their bundle.
enum SelfSignedCertificate {
  static let validSeconds: Int = 365 * 86_400

  /// - Returns: the certificate and its key, in PEM.
  static func make(for host: String) throws(TLS.Failure) -> (certificate: String, key: String) {
    guard let key = unsafe ccrypto_p256_key() else { throw failure("no key can be made") }
    defer { unsafe EVP_PKEY_free(key) }
    guard let certificate = unsafe X509_new() else { throw failure("no certificate can be made") }
    defer { unsafe X509_free(certificate) }

    // Version 3, and a number that no other certificate of this machine has.
    unsafe X509_set_version(certificate, 2)
    let number = WallClock.system.now
    unsafe ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate), number)
    // An hour back, for clocks that are not quite together.
    unsafe X509_gmtime_adj(X509_getm_notBefore(certificate), -3600)
    unsafe X509_gmtime_adj(X509_getm_notAfter(certificate), validSeconds)
    unsafe X509_set_pubkey(certificate, key)
    let name = unsafe X509_get_subject_name(certificate)
    let common = Array("local-cloud".utf8)
    unsafe X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, common, Int32(common.count), -1, 0)
    unsafe X509_set_issuer_name(certificate, name)
    let addresses = Set(["127.0.0.1", host]).sorted().map { "IP:\($0)" }.joined(separator: ",")
    for (identifier, value) in [
      (NID_basic_constraints, "critical,CA:TRUE"), (NID_key_usage, "critical,digitalSignature,keyCertSign"),
      (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, "DNS:localhost,\(addresses)"),
    ] {
      guard let part = unsafe X509V3_EXT_conf_nid(nil, nil, identifier, value) else {
        throw failure("'\(value)' is not understood")
      }
      defer { unsafe X509_EXTENSION_free(part) }
      unsafe X509_add_ext(certificate, part, -1)
    }
    guard unsafe X509_sign(certificate, key, EVP_sha256()) > 0 else { throw failure("it cannot be signed") }
    return unsafe (
      try text { out in unsafe PEM_write_bio_X509(out, certificate) },
      try text { out in unsafe PEM_write_bio_PrivateKey(out, key, nil, nil, 0, nil, nil) }
    )
  }

  private static func text(_ write: (OpaquePointer) -> Int32) throws(TLS.Failure) -> String {
    guard let out = unsafe BIO_new(BIO_s_mem()) else { throw failure("there is no memory") }
    defer { _ = unsafe BIO_free(out) }
    guard unsafe write(out) == 1 else { throw failure("it cannot be written") }
    var bytes = [UInt8](repeating: 0, count: unsafe BIO_ctrl_pending(out))
    let count = unsafe BIO_read(out, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(Int(max(0, count))), as: UTF8.self)
  }

  private static func failure(_ what: String) -> TLS.Failure {
    TLS.Failure(description: "no certificate could be made: \(what)")
  }
}
