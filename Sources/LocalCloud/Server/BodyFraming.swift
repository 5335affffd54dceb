import CacheSupport

/// How long a request's body is, as its headers tell (RFC 9112, section 6).
enum BodyFraming: Hashable {
  case none
  case length(Int)
  case chunked

  /// - Throws: what is answered to headers that two servers could read in two ways, or that nobody here reads.
  init(_ headers: [(name: String, value: String)]) throws(ServerRefusal) {
    let lengths = headers.filter { $0.name.lowercased() == "content-length" }
    let codings = headers.filter { $0.name.lowercased() == "transfer-encoding" }
    guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else {
      throw ServerRefusal(400, "the request gives the length of its body twice\n")
    }
    if let coding = codings.first {
      guard coding.value.lowercased() == "chunked" else {
        throw ServerRefusal(501, "the transfer coding is not chunked\n")
      }
      self = .chunked
    } else if let length = lengths.first {
      guard !length.value.isEmpty, length.value.utf8.allSatisfy({ (48...57).contains($0) }) else {
        throw ServerRefusal(400, "the length of the body is no number\n")
      }
      // More than can be counted is more than is taken.
      let count = Int(length.value) ?? .max
      self = count == 0 ? .none : .length(count)
    } else {
      self = .none
    }
  }
}

/// A request that goes to no handler.
struct ServerRefusal: Error {
  var response: ServerResponse

  init(_ status: Int, _ words: String) { response = .text(status, words) }
}

extension ServerResponse {
  static var isStopping: ServerResponse { .unavailable("the local cloud is stopping\n") }
  static var tooManyConnections: ServerResponse { .unavailable("the local cloud has too many connections\n") }
  static var tooManyBodies: ServerResponse {
    .unavailable("the local cloud holds as many bytes of other requests as it may\n")
  }

  static func tooLarge(_ limit: Int) -> ServerResponse { .text(413, "the request is larger than \(limit) bytes\n") }

  /// 503, which clients try again.
  private static func unavailable(_ words: String) -> ServerResponse {
    var response = text(503, words)
    response.headers.append(("Retry-After", "1"))
    return response
  }
}
