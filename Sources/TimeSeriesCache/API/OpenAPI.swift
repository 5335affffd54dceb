import LambdaRuntime

/// The description of the API in OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1.html>), which `/openapi.json` serves.
///
/// It is text, written once and joined at the first request. Tests hold it against the router and the parameters of each request.
enum OpenAPI {
  static let response: HTTPEventResponse = HTTPEventResponse(
    status: 200, headers: ["Content-Type": "application/json"], body: bytes)

  static let bytes: [UInt8] = {
    let parts: [(text: StaticString, members: [StaticString])] = [
      (head, []), (",\n  \"paths\": {\n", [registryPaths, seriesPaths, viewPaths, writingPaths, prometheusPaths]),
      ("},\n  \"components\": {\n\"parameters\": {\n", [parameters]), ("},\n\"schemas\": {\n", [schemas]),
      ("},\n\"responses\": {\n", [responses, writingResponses]), ("},\n\"headers\": {\n", [headers]),
      ("},\n\"securitySchemes\": {\n", [securitySchemes]), ("}}}\n", []),
    ]
    return parts.flatMap { part in
      Array(part.text.description.utf8)
        + part.members.map { Array($0.description.utf8) }.joined(separator: Array(",\n".utf8))
    }
  }()

  private static let head: StaticString = #"""
    {
      "openapi": "3.1.0",
      "info": {
        "title": "timeseries-cache", "version": "1", "summary": "History and forecast of any time series, as one series",
        "description": "HEAD answers as GET does, without the body; OPTIONS tells the methods of a path and needs no key. Another method is a 405 with the header Allow, a path that nothing serves a 404; both have the body of every error. An unknown parameter is a 400. Answers are compressed where Accept-Encoding allows gzip, and have the headers of CORS where CORS_ORIGINS allows the page's origin. A series may be registered or removed by another process: a kept answer tells so up to max-age seconds later."
      },
      "servers": [{"url": "."}],
      "security": [{"apiKey": []}, {"securityToken": []}, {"bearer": []}, {"basic": []}],
      "tags": [
        {"name": "series", "description": "Rows, and what they are like"},
        {"name": "registry", "description": "Which series there are, and how they fare"},
        {"name": "writing", "description": "InfluxDB's write API, by another function"},
        {"name": "prometheus", "description": "A subset of Prometheus' HTTP API"}, {"name": "description"}
      ]
    """#
}
