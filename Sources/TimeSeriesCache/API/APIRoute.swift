import CacheSupport

/// What a path asks for. Paths are compared by bytes: an identifier may begin with a combining mark, which to Swift's
/// `String` would be one character with the slash before it.
enum APIRoute: Hashable {
  /// What there is to see of one series.
  enum View: String, Hashable, CaseIterable {
    case rows, status, latest, statistics

    /// The ends of a path after an identifier that do not belong to it; the rows need none.
    static let suffixes: [View] = [.status, .latest, .statistics]
  }

  /// `/openapi.json`
  case document
  /// `/`, `/site.json` and `/page/…`: the page that people look at.
  case page
  /// `/v1/series`: every series, or the one that the parameter `id` names.
  case list
  /// `/v1/series/{identifier}`: all that follows is the identifier, slashes too, but for `/status`, `/latest` or `/statistics` at
  /// its end.
  case series(identifier: [UInt8], View)
  /// `/v1/rows`, `/v1/status`, `/v1/latest`, `/v1/statistics`: the identifier is in the query, where each one arrives whole.
  case view(View)
  /// `/timeSeries-data`
  case reference
  /// `/api/v1/…`
  case prometheus

  /// What the header `Allow` says.
  var methods: String {
    switch self {
    case .list, .series(_, .rows): "DELETE, GET, HEAD, OPTIONS, PUT"
    case .prometheus: "GET, HEAD, OPTIONS, POST"
    default: "GET, HEAD, OPTIONS"
    }
  }

  func allows(_ method: String) -> Bool { methods.split(separator: ", ").contains { $0 == method } }

  /// Nil for a path that nothing serves.
  init?(_ path: [UInt8]) {
    let series = "/v1/series/".utf8
    if path.starts(with: series), path.count > series.count {
      let rest = path[series.count...]
      for view in View.suffixes {
        let suffix = "/\(view.rawValue)".utf8
        if rest.count > suffix.count, rest.suffix(suffix.count).elementsEqual(suffix) {
          self = .series(identifier: Array(rest.dropLast(suffix.count)), view)
          return
        }
      }
      self = .series(identifier: Array(rest), .rows)
    } else if path.starts(with: "/page/".utf8) {
      self = .page
    } else if path.starts(with: "/api/v1/".utf8) {
      self = .prometheus
    } else if let route = Self.fixed.first(where: { path.elementsEqual($0.path.utf8) })?.route {
      self = route
    } else {
      return nil
    }
  }

  private static let fixed: [(path: String, route: APIRoute)] =
    [
      ("/", .page), ("/site.json", .page), ("/v1/series", .list), ("/timeSeries-data", .reference),
      ("/openapi.json", .document),
    ]
    + View.allCases.map { ("/v1/\($0.rawValue)", .view($0)) }

  /// - Throws: 400 for a path with a control character, 404 for one that nothing serves.
  static func route(of path: [UInt8]) throws(APIError) -> APIRoute {
    guard !path.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw .badRequest("the path holds a control character: identifiers have none")
    }
    guard let route = APIRoute(path) else {
      let text = String(decoding: path.prefix(100), as: UTF8.self)
      throw .notFound("there are /v1/series, /v1/series/{identifier} and what /openapi.json lists, not '\(text)'")
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
