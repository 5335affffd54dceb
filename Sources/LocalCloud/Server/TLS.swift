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

  /// A certificate that is given.
  public init(certificateFile: String, keyFile: String) throws {
    func read(_ path: String, _ marker: String) throws -> String {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
        throw Failure(description: "\(path) cannot be read")
      }
      guard text.contains("-----BEGIN") && text.contains(marker) else {
        throw Failure(description: "\(path) holds no \(marker) in PEM")
      }
      return text
    }
    certificate = try read(certificateFile, "CERTIFICATE")
    key = try read(keyFile, "PRIVATE KEY")
    self.certificateFile = URL(filePath: certificateFile).path
  }

  /// A certificate made now, for a host, in a folder that is made where it is missing; the key's file is the owner's alone.
  public init(selfSignedFor host: String, in folder: String) throws {
    let made = try SelfSignedCertificate.make(for: host)
    let url = URL(filePath: folder, directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    certificate = made.certificate
    key = made.key
    certificateFile = url.appending(path: "certificate.pem").path
    try Data(certificate.utf8).write(to: URL(filePath: certificateFile), options: .atomic)
  }
}
