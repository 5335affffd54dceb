import Glibc

/// True where an authority is this machine's: `localhost`, an address of 127.0.0.0/8, or `::1`.
///
/// An IPv4 address counts only where its four numbers are written out: `127.evil.example` is a name that anyone may own.
///
/// - Parameter host: the host of a URL with or without its port, such as `localhost:8080`, `127.0.0.1` or `[::1]:80`. An
///   IPv6 address may come without its brackets where there is no port. User information (`user@`) is not removed.
package func isLoopback(host: String) -> Bool {
  var name = Substring(host)
  var port: Substring = ""
  if host.utf8.first == UInt8(ascii: "["), let end = host.firstIndex(of: "]") {
    (name, port) = (host[..<end].dropFirst(), host[host.index(after: end)...])
  } else if host.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1, let colon = host.firstIndex(of: ":") {
    (name, port) = (host[..<colon], host[colon...])
  }
  guard port.isEmpty || port.first == ":" && UInt16(port.dropFirst()) != nil else { return false }
  if name.lowercased() == "localhost" { return true }
  var version4 = in_addr()
  if unsafe inet_pton(AF_INET, String(name), &version4) == 1 {
    return UInt32(bigEndian: version4.s_addr) >> 24 == 127
  }
  var version6 = InlineArray<16, UInt8>(repeating: 0)
  guard unsafe inet_pton(AF_INET6, String(name), &version6) == 1 else { return false }
  return version6.indices.allSatisfy { version6[$0] == ($0 == 15 ? 1 : 0) }
}
