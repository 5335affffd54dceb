import CacheSupport
import LambdaRuntime

// What the identifiers' table tells, and what changes it.

extension APIHandler {
  func list(_ request: APIRequest, _ visible: VisibleSeries) async throws(APIError) -> HTTPEventResponse {
    let asked = try ListRequest(try QueryParameters(request.event.query))
    let list = try await request.asked { () async throws(StoreError) in
      try await visible.list(prefix: asked.prefix, after: asked.after, limit: asked.limit)
    }
    guard let list else { throw .noTable }
    var writer = JSONWriter(capacity: 1 << 16)
    writer.raw("{\"series\":[")
    var next = list.next
    var size = 0
    var before: SeriesEntry?
    for entry in list.entries {
      let end = writer.bytes.count
      if before != nil { writer.raw(",") }
      writer.write(entry.json(withMeasures: false))
      size += writer.bytes.count - end + JSONWriter.escapes(in: writer.bytes.span.extracting(end...))
      if size > PageFormat.limit, let before {
        // The rest is on the next page. An item of the table is smaller than an answer may be.
        writer.truncate(to: end)
        next = before.identifier
        break
      }
      before = entry
    }
    writer.raw("],\"next\":")
    if let next { writer.string(next.text) } else { writer.raw("null") }
    writer.raw("}")
    return HTTPEventResponse(status: 200, headers: ["Content-Type": "application/json"], body: writer.bytes)
  }

  func status(
    of identifier: Identifier, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    guard directory.registry != nil else { throw .noTable }
    let entry = try await request.asked { () async throws(StoreError) in try await visible.entry(identifier) }
    guard let entry else {
      throw .notFound("'\(identifier.text.prefix(100))' is not registered: PUT it here, or write to it")
    }
    return .json(entry.json(withMeasures: true))
  }

  /// Registers or removes a series.
  func change(_ route: APIRoute, _ request: APIRequest, _ access: Access) async throws(APIError) -> HTTPEventResponse {
    guard access.isAdmin else {
      throw .forbidden("this key may not register or remove series: use one that allows admin")
    }
    let query = try QueryParameters(request.event.query)
    let identifier: Identifier
    if case .series(let bytes, _) = route {
      try query.require(only: [])
      identifier = try Identifier(decoding: bytes)
    } else {
      try query.require(only: ["id"])
      identifier = try query.identifier()
    }
    guard let registry = directory.registry else { throw .noTable }
    // Whatever comes of it, what is remembered may no longer be so.
    defer {
      directory.forget(identifier)
      answers.forget()
    }
    return request.event.method == "PUT"
      ? try await put(identifier, registry, request, access) : try await remove(identifier, registry, request, access)
  }

  private func put(
    _ identifier: Identifier, _ registry: IdentifierRegistry, _ request: APIRequest, _ access: Access
  ) async throws(APIError) -> HTTPEventResponse {
    guard access.buckets == .all else {
      throw .forbidden("this key is limited to buckets, and what is fetched belongs to none: use a key of all buckets")
    }
    let body = try Registration(body: request.event.body)
    let now = clock.now
    let outcome = try await request.asked { () async throws(StoreError) in
      try await registry.put(identifier, source: body.source, attributes: body.attributes, now: now)
    }
    let (entry, isNew) = try outcome.entry(of: identifier, body, now: now)
    return .json(entry.json(withMeasures: true), status: isNew ? 201 : 200)
  }

  private func remove(
    _ identifier: Identifier, _ registry: IdentifierRegistry, _ request: APIRequest, _ access: Access
  ) async throws(APIError) -> HTTPEventResponse {
    let isRemoved = try await request.asked { () async throws(StoreError) in
      if access.buckets != .all {
        // Of other buckets' series such a key knows nothing.
        guard let entry = try await registry.entry(identifier), access.mayRemove(entry) else { return false }
      }
      return try await registry.remove(identifier)
    }
    guard isRemoved else { throw .notFound("'\(identifier.text.prefix(100))' is not registered") }
    return HTTPEventResponse(status: 204, headers: ["Cache-Control": "no-store"], body: [])
  }
}

extension Access {
  /// True where a series belongs to one of the key's buckets.
  fileprivate func mayRemove(_ entry: SeriesEntry) -> Bool {
    switch buckets {
    case .all: true
    case .only(let names): entry.kind == .written && entry.bucket.map { names.contains(ByteText($0)) } ?? false
    }
  }
}

extension IdentifierRegistry.Registration {
  /// What the table has of a series that was registered.
  ///
  /// - Throws: 409 for one that somebody writes.
  func entry(
    of identifier: Identifier, _ body: Registration, now: Int64
  ) throws(APIError) -> (entry: SeriesEntry, isNew: Bool) {
    switch self {
    case .new: return (SeriesEntry(identifier, source: body.source, registered: now), true)
    case .existing(let entry) where entry.kind == .written:
      throw .conflict(
        "'\(identifier.text.prefix(100))' is a series that somebody writes: remove it before it is fetched")
    case .existing(var entry):
      entry.source = body.source
      entry.registered = entry.registered ?? now
      return (entry, false)
    }
  }
}

extension SeriesEntry {
  /// As the API shows it: times in epoch milliseconds, null for what is not known.
  func json(withMeasures: Bool) -> JSON {
    [
      "identifier": .string(identifier.text), "kind": .string(kind.rawValue),
      "source": source.map { .string($0) } ?? .null, "bucket": bucket.map { .string($0) } ?? .null,
      "registered": .time(registered), "status": status?.json(withMeasures: withMeasures) ?? .null,
    ]
  }
}

extension SeriesStatus {
  fileprivate func json(withMeasures: Bool) -> JSON {
    var object: JSONObject = [
      "failing": .bool(isFailing), "lastRun": .time(lastRun), "lastSuccess": .time(lastSuccess),
      "lastError": lastError.map { ["time": .integer($0.time), "message": .string($0.message)] } ?? .null,
      "stored": .integer(stored), "rejected": .integer(rejected),
      "history": history.map { ["from": .integer($0.from), "to": .integer($0.to)] } ?? .null,
      "nextRun": .time(nextRun),
    ]
    if withMeasures { object["measures"] = .array(measures.map { .string($0.text) }) }
    return .object(object)
  }
}

extension JSON {
  fileprivate static func time(_ milliseconds: Int64?) -> JSON { milliseconds.map { .integer($0) } ?? .null }
}
