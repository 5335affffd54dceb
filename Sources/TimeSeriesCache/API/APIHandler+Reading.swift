import CacheSupport
import LambdaRuntime

// What is read of series: rows, the latest row, statistics.

extension APIHandler {
  func rows(
    of identifier: Identifier, _ query: QueryParameters, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    let asked = try SeriesRequest(
      identifier: identifier, query: query, accept: request.event.headers["accept"], now: clock.now)
    let series = try await series(identifier, request, visible)
    let page = try await request.measured(\.bytesMetered) { [reader] () async throws(StoreError) in
      guard let bins = asked.bins else {
        return try await reader.page(
          of: series, in: asked.range, after: asked.after, limit: asked.limit, where: asked.condition)
      }
      return try await reader.bins(
        of: series, in: asked.range, width: bins.width, aggregates: bins.aggregates, measures: asked.measures,
        after: asked.after, limit: min(asked.limit, SeriesRequest.maximumBins))
    }
    if page.isEmpty, page.baseline == nil {
      try await checkForecast(identifier, request, visible)
    }
    try asked.checkMeasures(of: page)
    return try asked.format.response(page, asked)
  }

  func reference(_ request: APIRequest, _ visible: VisibleSeries) async throws(APIError) -> HTTPEventResponse {
    let asked = try ReferenceRequest(query: try QueryParameters(request.event.query))
    let series = try await request.asked { () async throws(StoreError) in try await visible.series(asked.identifier) }
    // The reference knows no 404: a series of which nothing is known has no rows.
    guard let series else { return try asked.response([]) }
    let page = try await request.measured(\.bytesMetered) { [reader] () async throws(StoreError) in
      try await reader.page(of: series, in: asked.range, limit: ReferenceRequest.limit)
    }
    guard page.next == nil else { throw ReferenceRequest.tooMany }
    return try asked.response(page.rows)
  }

  func latest(
    of identifier: Identifier, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    let series = try await series(identifier, request, visible)
    let latest = try await request.measured(\.bytesMetered) { [reader] () async throws(StoreError) in
      try await reader.latest(of: [series])
    }
    guard let row = latest.rows[series] else { throw try await unknown(identifier, request, visible) }
    return .json(["identifier": .string(identifier.text), "row": row.json])
  }

  /// Of many series at once; one without rows, or of which nothing is known, has none.
  func latest(_ request: APIRequest, _ visible: VisibleSeries) async throws(APIError) -> HTTPEventResponse {
    let asked = try LatestRequest(try QueryParameters(request.event.query, repeatable: "id"))
    let series = try await request.asked { () async throws(StoreError) in
      try await mapConcurrently(asked.identifiers, limit: Self.lookupsAtOnce) {
        identifier throws(StoreError) in try await visible.series(identifier)
      }
    }
    let known = series.compactMap(\.self)
    let rows =
      known.isEmpty
      ? [:]
      : try await request.measured(\.bytesMetered) { [reader] () async throws(StoreError) in
        try await reader.latest(of: known)
      }.rows
    let found = zip(asked.identifiers, series).map { identifier, series -> JSON in
      ["identifier": .string(identifier.text), "row": series.flatMap { rows[$0] }?.json ?? .null]
    }
    return try .json(["series": .array(found)], orTooLarge: "ask for fewer series at once")
  }

  /// Identifiers that are looked up in the table at once.
  private static let lookupsAtOnce: Int = 16

  func statistics(
    of identifier: Identifier, _ query: QueryParameters, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    let asked = try StatisticsRequest(query, now: clock.now)
    let series = try await series(identifier, request, visible)
    let statistics = try await request.measured(\.bytesMetered) { [reader] () async throws(StoreError) in
      try await reader.statistics(of: series, in: asked.range, threshold: asked.threshold)
    }
    if statistics.measures.isEmpty, statistics.baseline == nil { try await checkForecast(identifier, request, visible) }
    return try .json(
      [
        "identifier": .string(identifier.text), "from": .integer(asked.range.from), "to": .integer(asked.range.to),
        "baseline": statistics.baseline.map { .integer($0) } ?? .null, "threshold": .double(asked.threshold),
        "measures": .array(statistics.measures.map(\.json)), "outliersAreCut": .bool(statistics.outliersAreCut),
      ], orTooLarge: "ask for a shorter range or a higher threshold")
  }

  /// - Throws: 404 where the key may not read it.
  private func series(
    _ identifier: Identifier, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) -> Series {
    let series = try await request.asked { () async throws(StoreError) in try await visible.series(identifier) }
    guard let series else { throw .nothingKnown(of: identifier) }
    return series
  }

  /// - Throws: 404 where the series has no forecast either.
  private func checkForecast(
    _ identifier: Identifier, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) {
    let exists = try await request.asked { [reader] () async throws(StoreError) in
      try await reader.hasForecast(identifier)
    }
    guard exists else { throw try await unknown(identifier, request, visible) }
  }

  /// Of a series without any row: that nothing is known of it or, where it is registered, why that may be.
  private func unknown(
    _ identifier: Identifier, _ request: APIRequest, _ visible: VisibleSeries
  ) async throws(APIError) -> APIError {
    let entry = try await request.asked { () async throws(StoreError) in try await visible.entry(identifier) }
    return entry.map { .notFound($0.explanation(now: clock.now)) } ?? .nothingKnown(of: identifier)
  }
}

extension SeriesStatistics.Measure {
  fileprivate var json: JSON {
    [
      "measure": .string(name.text), "count": .integer(count), "minimum": minimum.json, "maximum": maximum.json,
      "mean": mean.map { .double($0) } ?? .null, "deviation": deviation.map { .double($0) } ?? .null,
      "outliers": .array(
        outliers.map { outlier in
          [
            "time": .integer(outlier.time), "value": outlier.value.json, "score": .double(outlier.score),
            "origin": .string(outlier.origin.rawValue),
          ]
        }),
    ]
  }
}

extension APIError {
  static func nothingKnown(of identifier: Identifier) -> APIError {
    .notFound(
      "nothing is known of '\(identifier.text.prefix(100))': register it and wait for its first fetch, or write to it")
  }
}

extension HTTPEventResponse {
  static func json(_ json: JSON, status: Int = 200) -> HTTPEventResponse {
    HTTPEventResponse(status: status, headers: ["Content-Type": "application/json"], body: json.bytes)
  }

  /// - Throws: 413 with the advice, where the body is larger than Lambda's answer may be.
  static func json(_ json: JSON, orTooLarge advice: String) throws(APIError) -> HTTPEventResponse {
    let response = HTTPEventResponse.json(json)
    guard response.content.travellingBytes <= PageFormat.limit else {
      throw .tooLarge("the answer would be larger than \(PageFormat.limit) bytes: \(advice)")
    }
    return response
  }
}
