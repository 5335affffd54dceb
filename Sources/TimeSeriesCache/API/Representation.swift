import CacheSupport
import Compression
import LambdaRuntime
import SigV4

/// What makes an answer's body that which travels: its tag, its compression, and how long a client may keep it.
struct Representation: Sendable {
  /// Seconds for which a client may use an answer again; after that it asks whether the answer is still that (RFC 9111).
  ///
  /// It is as long as the function itself keeps answers, for ranges that have passed too: history may be corrected at any time.
  var maximumAge: Int64

  /// Below so many bytes compression is not worth its headers.
  static let leastPacked: Int = 1024
  /// The request's headers on which an answer depends. A key is among them: a browser may hold answers of several.
  static let vary: String = "Accept, Accept-Encoding, Authorization, X-Api-Key, X-Security-Token"

  /// Adds tag, age and compression to an answer with status 200; others are not to be kept.
  ///
  /// - Parameter isPacked: whether the client takes gzip.
  func finish(_ response: HTTPEventResponse, isPacked: Bool) throws(GzipError) -> HTTPEventResponse {
    var response = response
    guard response.status == 200 else {
      response.headers["Cache-Control"] = response.headers["Cache-Control"] ?? "no-store"
      return response
    }
    // Whoever could make two answers with one tag may write the series anyway.
    var tag = Hex.encode(MessageDigest.checksum(response.content.bytes))
    response.headers["Cache-Control"] = maximumAge > 0 ? "private, max-age=\(maximumAge)" : "private, no-cache"
    response.headers["Vary"] = Self.vary
    if isPacked, !response.isBinary, response.content.bytes.count > Self.leastPacked {
      // In Lambda's answer one is Base64 and the other a quoted text.
      let packed = HTTPEventResponse.Content.binary(try Gzip.compress(response.body))
      if packed.travellingBytes < response.content.travellingBytes {
        response.content = packed
        response.headers["Content-Encoding"] = "gzip"
        // Other bytes, another strong tag (RFC 9110 §8.8.3.3).
        tag += "-gzip"
      }
    }
    response.headers["ETag"] = "\"\(tag)\""
    return response
  }

  /// Whether a client takes gzip, and does not prefer what is not compressed (RFC 9110 §12.5.3).
  static func takesGzip(_ acceptEncoding: String?) -> Bool {
    var weights: [String: Double] = [:]
    for part in (acceptEncoding ?? "").split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.trimmed.lowercased() }
      guard let name = pieces.first else { continue }
      let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }
      weights[name] = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
    }
    let gzip = weights["gzip"] ?? weights["x-gzip"] ?? weights["*"] ?? 0
    return gzip > 0 && gzip >= weights["identity"] ?? 0
  }

  /// The answer 304 in the place of one that the client has already (RFC 9110 §13.1.2).
  static func conditional(_ response: HTTPEventResponse, ifNoneMatch: String?) -> HTTPEventResponse {
    guard let ifNoneMatch, response.status == 200, let tag = response.headers["ETag"],
      ifNoneMatch.trimmed == "*" || tags(ifNoneMatch).contains(where: { "\"\($0)\"" == tag })
    else { return response }
    var headers = response.headers
    for name in ["Content-Type", "Content-Encoding"] { headers[name] = nil }
    return HTTPEventResponse(status: 304, headers: headers, body: [])
  }

  /// What stands between the quotes of a list of tags; whether a tag is weak does not count here.
  private static func tags(_ list: String) -> [Substring] {
    var tags: [Substring] = []
    for (number, part) in list.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
    where number % 2 == 1 {
      tags.append(part)
    }
    return tags
  }
}
