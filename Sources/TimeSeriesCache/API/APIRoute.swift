import CacheSupport

/// What a path asks for. Paths are compared by bytes: an identifier may begin with a combining mark, which to Swift's
/// `String` would be one character with the slash before it.
enum APIRoute: Hashable {
  /// `/v1/series/{identifier}`: all that follows is the identifier, slashes too.
  case series(identifier: [UInt8])
  /// `/timeSeries-data`
  case reference
  /// `/api/v1/…`
  case prometheus

  /// The methods of both routes.
  static let methods: String = "GET, HEAD, OPTIONS"

  /// Nil for a path that nothing serves.
  init?(_ path: [UInt8]) {
    let series = "/v1/series/".utf8
    if path.starts(with: series), path.count > series.count {
      self = .series(identifier: Array(path.dropFirst(series.count)))
    } else if path.elementsEqual("/timeSeries-data".utf8) {
      self = .reference
    } else if path.starts(with: "/api/v1/".utf8) {
      self = .prometheus
    } else {
      return nil
    }
  }

  /// - Throws: 400 for a path with a control character, 404 for one that nothing serves.
  static func route(of path: [UInt8]) throws(APIError) -> APIRoute {
    guard !path.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw .badRequest("the path holds a control character: identifiers have none")
    }
    guard let route = APIRoute(path) else {
      let text = String(decoding: path.prefix(100), as: UTF8.self)
      throw .notFound("there are /v1/series/{identifier} and /timeSeries-data, not '\(text)'")
    }
    return route
  }
}

extension Identifier {
  /// - Throws: 400 for bytes that are not an identifier.
  init(decoding bytes: [UInt8]) throws(APIError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .badRequest("the identifier is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
    }
    do throws(InvalidIdentifier) { try self.init(text) } catch { throw .badRequest(error.description) }
  }
}
