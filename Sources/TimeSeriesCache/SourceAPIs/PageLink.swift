/// A page's link to the next one.
enum PageLink {
  /// The longest that is followed.
  static let maximumBytes: Int = 8192

  struct Failure: Error { var reason: String }

  /// The link as a URL: absolute or relative, on the same scheme, host and port, for the headers may carry a key.
  static func resolve(_ link: String, against url: String, _ redactor: Redactor) throws(Failure) -> String {
    guard link.utf8.count <= maximumBytes else {
      throw Failure(reason: "the link is longer than \(maximumBytes) bytes")
    }
    guard link.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Failure(
        reason: "the link '\(redactor.excerpt(link, 100))' has a character that a URL must percent-encode")
    }
    let origin = origin(of: url)
    // The URL's own start, with a name and password where it has them.
    let start =
      url.firstRange(of: "://").map { url[..<$0.upperBound] + url[$0.upperBound...].prefix { !"/?#".contains($0) } }
      ?? ""
    let target: String
    if link.hasPrefix("http://") || link.hasPrefix("https://") {
      target = link
    } else if link.hasPrefix("/") && !link.hasPrefix("//") {
      target = start + link
    } else if link.hasPrefix("?") {
      target = url.prefix { $0 != "?" && $0 != "#" } + link
    } else {
      throw Failure(reason: "the link '\(redactor.excerpt(link, 100))' is neither absolute nor starts with '/' or '?'")
    }
    guard Self.origin(of: target) == origin else {
      // A key that is part of a malformed address goes before the address is cut into parts.
      throw Failure(
        reason:
          "the link leads from \(origin) to \(Self.origin(of: redactor(target))), which is not asked with this source's key"
      )
    }
    return target
  }

  /// The origin that a link on a page leads to, be it relative, or without a scheme of its own.
  static func origin(ofLink link: String, on url: String) -> String {
    if link.hasPrefix("//") { return origin(of: "\(url.prefix { $0 != ":" }):\(link)") }
    let isAbsolute = link.firstRange(of: "://").map { !link[..<$0.lowerBound].contains { "/?#".contains($0) } } ?? false
    return origin(of: isAbsolute ? link : url)
  }

  /// Scheme, host and port, without a name and password, which may hold the key, and without a port that goes without saying.
  static func origin(of url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return "nowhere" }
    let authority = url[scheme.upperBound...].prefix { !"/?#".contains($0) }
    var host = (authority.split(separator: "@").last ?? "").lowercased()
    let prefix = url[..<scheme.upperBound].lowercased()
    let standard = prefix == "https://" ? ":443" : ":80"
    if host.hasSuffix(standard) { host.removeLast(standard.count) }
    return prefix + host
  }
}
