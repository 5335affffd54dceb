import CacheSupport
import LambdaRuntime

/// The keys that a request brings.
///
/// | where | form |
/// |---|---|
/// | `x-api-key`, `x-security-token` | the key |
/// | `Authorization` | `Bearer KEY`, `Token KEY`, or `Basic` with any name and the key as password (RFC 6750, RFC 7617) |
/// | the parameter `p` | the key, where InfluxDB's v1 API is spoken; `u` is any name |
struct GivenKeys {
  /// None of them is empty.
  private(set) var keys: [String] = []
  /// True where `Authorization` is `Basic`, but not as it must be. Other schemes are not ours: a signature of AWS may be one.
  private(set) var isMalformed: Bool = false

  init(_ event: HTTPEvent, withParameters: Bool) {
    for name in ["x-api-key", "x-security-token"] { add(event.headers[name]) }
    if let value = event.headers["authorization"]?.trimmed, !value.isEmpty { addAuthorization(value) }
    if withParameters {
      for item in event.query where item.name.elementsEqual("p".utf8) {
        add(String(decoding: item.value, as: UTF8.self))
      }
    }
  }

  private mutating func add(_ key: String?) {
    // Whitespace around a header's value does not belong to it (RFC 9110 §5.5), and a key's file often ends with a line break.
    if let key = key?.trimmed, !key.isEmpty { keys.append(key) }
  }

  private mutating func addAuthorization(_ value: String) {
    let parts = value.utf8.split(separator: UInt8(ascii: " "), maxSplits: 1)
    guard parts.count == 2 else { return }
    let rest = String(Substring(parts[1])).trimmed
    switch String(decoding: parts[0].map(ASCII.lowercased), as: UTF8.self) {
    case "bearer", "token": add(rest)
    case "basic":
      guard let bytes = Base64.decode(rest.utf8Span.span), let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
        isMalformed = true
        return
      }
      add(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
    default: break
    }
  }
}
