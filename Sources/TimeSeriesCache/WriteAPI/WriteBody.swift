import CacheSupport
import Compression
import LambdaRuntime

/// The lines of a request, unpacked where they came packed.
enum WriteBody {
  /// The most bytes of lines, unpacked: 32 MiB. What arrives at the function has 6 MB at most, 10 MB at API Gateway.
  static let maximumBytes: Int = 32 << 20

  /// - Throws: 413 for too large a body, 415 for an encoding that is not read, 400 for one that is broken.
  static func lines(of event: HTTPEvent) throws(InfluxError) -> [UInt8] {
    try checkCharset(event.headers["content-type"] ?? "")
    let encodings = (event.headers["content-encoding"] ?? "").utf8
      .split(separator: UInt8(ascii: ","))
      .map { String(decoding: $0.map(ASCII.lowercased), as: UTF8.self).trimmed }
      .filter { !$0.isEmpty && $0 != "identity" }
    switch encodings {
    case []:
      guard event.body.count <= maximumBytes else { throw .tooLarge }
      return event.body
    case ["gzip"], ["x-gzip"]:
      do throws(GzipError) { return try Gzip.decompress(event.body, limit: maximumBytes) } catch {
        switch error {
        case .tooLarge: throw .tooLarge
        case .outOfMemory: throw .unavailable("there is no memory to unpack the body: send the batch again")
        default: throw .invalid("the body cannot be unpacked as gzip: \(error)")
        }
      }
    default:
      throw .unsupported(
        "Content-Encoding is '\(encodings.joined(separator: ", ").prefix(40))': send gzip once, or no encoding")
    }
  }

  /// Line protocol is UTF-8 (and so is ASCII); whoever says otherwise would be misread.
  private static func checkCharset(_ contentType: String) throws(InfluxError) {
    for parameter in contentType.utf8.split(separator: UInt8(ascii: ";")).dropFirst() {
      let text = String(decoding: parameter.map(ASCII.lowercased), as: UTF8.self).trimmed
      guard text.hasPrefix("charset=") else { continue }
      let charset = text.dropFirst("charset=".count).filter { $0 != "\"" }
      guard ["utf-8", "utf8", "us-ascii"].contains(charset) else {
        throw .unsupported("the charset is '\(charset.prefix(40))': line protocol is UTF-8")
      }
    }
  }
}
