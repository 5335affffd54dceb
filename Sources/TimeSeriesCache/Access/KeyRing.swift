import CacheSupport
import SigV4

/// The keys that a deployment gives out, read from their JSON text.
///
/// ```json
/// [{"name": "telegraf", "key": "…", "buckets": ["home"], "allow": ["write"]},
///  {"name": "grafana", "key": "…", "buckets": ["*"], "allow": ["read"]}]
/// ```
package struct KeyRing: Sendable {
  private struct Entry: Sendable {
    var key: String
    var access: Access
  }

  private let entries: [Entry]

  /// The most keys of a ring: each request is compared with every one of them.
  package static let maximumKeys: Int = 100
  /// The longest name of a key or a bucket, in bytes.
  package static let maximumNameBytes: Int = 256

  /// Why a text is no ring of keys. It names the place, never a key.
  package struct Failure: Error, Hashable, CustomStringConvertible {
    package let description: String
  }

  /// Reads the text; a placeholder is a ring without keys, and a key that is one does not count.
  ///
  /// - Throws: ``Failure`` where the text is not as described above; no key of it counts then.
  package init(_ text: String) throws(Failure) {
    if PlaceholderKey.isPlaceholder(text) {
      entries = []
      return
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: text) } catch {
      throw Failure(description: "it is not JSON: \(error)")
    }
    guard let array = json.array else { throw Failure(description: "give an array of keys, not \(json.kind)") }
    guard array.count <= Self.maximumKeys else {
      throw Failure(description: "there are \(array.count) keys; \(Self.maximumKeys) are the most")
    }
    var names: Set<ByteText> = []
    var keys: Set<ByteText> = []
    var entries: [Entry] = []
    for (index, json) in array.enumerated() {
      let entry = try Self.entry(json, at: index)
      guard names.insert(ByteText(entry.access.name)).inserted else {
        throw Failure(description: "entry \(index): the name '\(entry.access.name)' appears twice")
      }
      guard !PlaceholderKey.isPlaceholder(entry.key) else { continue }
      guard keys.insert(ByteText(entry.key)).inserted else {
        throw Failure(description: "entry \(index) has the key of another entry: give each a key of its own")
      }
      entries.append(entry)
    }
    self.entries = entries
  }

  /// A ring of the API's own key, or of none where that is a placeholder.
  init(own key: String) {
    entries = PlaceholderKey.isPlaceholder(key) ? [] : [Entry(key: key.trimmed, access: .ofAPIKey)]
  }

  /// True where there is no key that counts.
  package var isEmpty: Bool { entries.isEmpty }

  /// What a key allows, nil for an unknown one. It is compared with every key of the ring, in a time that tells nothing of them.
  package func access(of given: String) -> Access? {
    var found: Access?
    for entry in entries where MessageDigest.constantTimeEqual(entry.key, given) { found = entry.access }
    return found
  }

  private static func entry(_ json: JSON, at index: Int) throws(Failure) -> Entry {
    func fail(_ reason: String) -> Failure { Failure(description: "entry \(index): \(reason)") }
    guard let object = json.object else { throw fail("give an object, not \(json.kind)") }
    let known = ["name", "key", "buckets", "allow"]
    guard object.members.allSatisfy({ member in known.contains { $0.hasSameBytes(as: member.name) } }) else {
      throw fail("give \(known.joined(separator: ", ")) and nothing else")
    }
    guard let name = object["name"]?.string, isName(name) else {
      throw fail("'name' must be a text of 1 to \(maximumNameBytes) bytes without control characters")
    }
    guard let key = object["key"]?.string?.trimmed, !key.isEmpty else { throw fail("'key' must be a text") }
    guard let buckets = object["buckets"]?.array, !buckets.isEmpty else {
      throw fail("'buckets' must be an array of names, [\"*\"] for all of them")
    }
    let bucketNames = buckets.compactMap(\.string).filter(isName)
    guard bucketNames.count == buckets.count else {
      throw fail("each of 'buckets' must be a text of 1 to \(maximumNameBytes) bytes without control characters")
    }
    guard let allow = object["allow"]?.array, !allow.isEmpty else {
      throw fail("'allow' must be an array of read, write and admin")
    }
    let permissions = allow.compactMap { $0.string.flatMap(Access.Permission.init(rawValue:)) }
    guard permissions.count == allow.count else { throw fail("'allow' takes read, write and admin") }
    let isAll = bucketNames.contains { $0.hasSameBytes(as: "*") }
    return Entry(
      key: key,
      access: Access(
        name: name, permissions: Set(permissions), buckets: isAll ? .all : .only(Set(bucketNames.map { ByteText($0) })))
    )
  }

  private static func isName(_ text: String) -> Bool {
    (1...maximumNameBytes).contains(text.utf8.count) && !text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
  }
}
