import CacheSupport

/// What became of each entry of a batch.
struct BatchAnswer {
  private var successful = JSONWriter()
  private var failed = JSONWriter()

  /// An entry that succeeded, with the members that a body adds, each after a comma.
  mutating func add(_ id: String, _ members: (inout JSONWriter) -> Void = { _ in }) {
    successful.raw(successful.bytes.isEmpty ? #"{"Id":"# : #",{"Id":"#)
    successful.string(id)
    members(&successful)
    successful.raw("}")
  }

  /// An entry that failed.
  mutating func add(_ id: String, _ error: ServiceError) {
    failed.raw(failed.bytes.isEmpty ? #"{"Id":"# : #",{"Id":"#)
    failed.string(id)
    failed.raw(#","Code":"#)
    failed.string(error.queryCode ?? error.type)
    failed.raw(#","Message":"#)
    failed.string(error.message ?? "")
    failed.raw(#","SenderFault":true}"#)
  }

  /// An entry that was refused. An error of the storage is the whole batch's, for its transaction is.
  mutating func add(_ id: String, refusal error: ServiceError) throws(ServiceError) {
    guard error.status < 500 else { throw error }
    add(id, error)
  }

  func answer(afterCommit: (@Sendable () -> Void)? = nil) -> Answer {
    var writer = JSONWriter(capacity: successful.bytes.count + failed.bytes.count + 32)
    writer.raw("{")
    if !successful.bytes.isEmpty {
      writer.raw(#""Successful":["#)
      writer.raw(successful.bytes)
      writer.raw("]")
    }
    if !failed.bytes.isEmpty {
      writer.raw(successful.bytes.isEmpty ? #""Failed":["# : #","Failed":["#)
      writer.raw(failed.bytes)
      writer.raw("]")
    }
    writer.raw("}")
    return Answer(bytes: writer.bytes, afterCommit: afterCommit)
  }
}
