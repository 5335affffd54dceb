import CacheSupport

/// The messages of queues for the console's page: `GET /_local-cloud/queues/{name}/messages?before=` shows those that were sent last, and
/// takes none.
struct ConsoleQueues: Sendable {
  let door: ConsoleGuard
  let messages: QueueStore

  /// Messages of one answer.
  static let page: Int64 = 25

  var routes: [Route] {
    [
      door.route("GET", "/queues/{name}/messages") { request throws(ServiceError) in
        let before = try request.parameter("before").map { (text) throws(ServiceError) in try Self.position(text) }
        let found = try messages.storage.read { connection throws(ServiceError) in
          guard try messages.find(request["name"], connection) != nil else {
            throw ServiceError(status: 404, type: "NotFound", message: "there is no queue '\(request["name"])'")
          }
          return try messages.peek(request["name"], before: before, most: Self.page, connection)
        }
        let now = messages.clock.now
        let next = found.count == Self.page ? found.last.map { "\($0.sent)-\($0.row)" } : nil
        return [
          "messages": .array(found.map { Self.json($0, now: now) }), "next": next.map { .string($0) } ?? .null,
        ]
      }
    ]
  }

  /// - Throws: 400 for a text that is no `next`.
  private static func position(_ text: String) throws(ServiceError) -> (sent: Int64, row: Int64) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
    guard parts.count == 2, let sent = parts[0], let row = parts[1] else {
      throw ServiceError(type: "ValidationException", message: "before is no 'next' of an answer")
    }
    return (sent, row)
  }

  private static func json(_ message: QueueStore.Peeked, now: Int64) -> JSON {
    let isVisible = message.visible <= now
    return [
      "id": .string(message.id), "body": .string(message.body), "size": .integer(message.size),
      "isWhole": .bool(message.isWhole), "sent": .integer(message.sent), "received": .integer(message.received),
      "state": .string(isVisible ? "visible" : message.received > 0 ? "in flight" : "delayed"),
      "visibleAt": isVisible ? .null : .integer(message.visible),
      "source": message.source.map { .string(String($0.split(separator: ":").last ?? "")) } ?? .null,
      "attributes": .array(
        message.attributes.map { attribute in
          switch attribute.value {
          case .text(let text), .binary(let text):
            ["name": .string(attribute.name.text), "type": .string(attribute.type), "value": .string(text)]
          }
        }),
    ]
  }
}
