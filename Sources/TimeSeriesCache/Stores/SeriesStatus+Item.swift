import AWSClients
import CacheSupport

extension SeriesStatus {
  /// Reads the map that an item keeps; nil where it is not one of this registry's.
  init?(_ map: [ByteText: AttributeValue]) {
    func number(_ name: String) -> Int64? { map[name]?.number.flatMap { Int64($0) } }
    guard let revision = number("revision") else { return nil }
    self.revision = revision
    lastRun = number("lastRun")
    lastSuccess = number("lastSuccess")
    if let time = number("lastErrorTime"), let message = map["lastError"]?.string {
      lastError = Failure(time: time, message: message)
    }
    stored = number("stored") ?? 0
    rejected = number("rejected") ?? 0
    if let from = number("historyFrom"), let to = number("historyTo") { history = TimeRange(from: from, to: to) }
    nextRun = number("nextRun")
    if case .ss(let names)? = map["measures"] { measures = names.map { ByteText($0) }.sorted() }
  }

  /// The map that an item keeps; what is nil or empty is left out.
  var map: [ByteText: AttributeValue] {
    var map: [ByteText: AttributeValue] = ["revision": .n(revision), "stored": .n(stored), "rejected": .n(rejected)]
    map["lastRun"] = lastRun.map { .n($0) }
    map["lastSuccess"] = lastSuccess.map { .n($0) }
    map["lastErrorTime"] = lastError.map { .n($0.time) }
    map["lastError"] = lastError.map { .s($0.message) }
    map["historyFrom"] = history.map { .n($0.from) }
    map["historyTo"] = history.map { .n($0.to) }
    map["nextRun"] = nextRun.map { .n($0) }
    map["measures"] = measures.isEmpty ? nil : .ss(measures.map(\.text))
    return map
  }
}
