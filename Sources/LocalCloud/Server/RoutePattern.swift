import CacheSupport

/// The path of a route, of this cloud's own or of an API Gateway's: fixed parts, `{name}` for one part, `{name+}` for all that follow.
///
/// See <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html>.
struct RoutePattern: Sendable, Hashable {
  enum Part: Sendable, Hashable {
    case fixed(String)
    case one(String)
    case rest(String)

    /// As a template writes it.
    var text: String {
      switch self {
      case .fixed(let text): text
      case .one(let name): "{\(name)}"
      case .rest(let name): "{\(name)+}"
      }
    }
  }
  let parts: [Part]

  init(_ path: String) {
    parts = path.split(separator: "/").map { part in
      guard part.first == "{", part.last == "}" else { return .fixed(String(part)) }
      let name = part.dropFirst().dropLast()
      return name.last == "+" ? .rest(String(name.dropLast())) : .one(String(name))
    }
  }

  /// The path as it is written.
  var text: String { parts.map { "/" + $0.text }.joined() }

  /// What takes the rest of a path must be the last part.
  var isUsable: Bool {
    parts.dropLast().allSatisfy {
      if case .rest = $0 { return false }
      return true
    }
  }

  /// Whether its last part takes all that follows.
  var takesRest: Bool {
    if case .rest = parts.last { true } else { false }
  }

  /// The parameters of a path that matches; nil for one that does not.
  ///
  /// - Parameter path: decoded, without the stage; so an encoded slash separates parts as any other does.
  func match(_ path: String) -> [(name: String, value: String)]? { match(Self.parts(of: path)) }

  /// The parts of a path, as they are written.
  static func parts(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  }

  /// The same for a path that is taken apart already.
  func match(_ path: [String]) -> [(name: String, value: String)]? {
    var left = path[...]
    var found: [(name: String, value: String)] = []
    for part in parts {
      guard let next = left.first else { return nil }
      switch part {
      case .fixed(let text):
        guard ByteText(next) == ByteText(text) else { return nil }
        left.removeFirst()
      case .one(let name):
        guard !next.isEmpty else { return nil }
        found.append((name, next))
        left.removeFirst()
      case .rest(let name):
        found.append((name, left.joined(separator: "/")))
        left = []
      }
    }
    return left.isEmpty ? found : nil
  }

  /// Fixed parts win over variables, and those over the rest.
  var weight: [Int] {
    parts.map {
      switch $0 {
      case .fixed: 0
      case .one: 1
      case .rest: 2
      }
    }
  }
}
