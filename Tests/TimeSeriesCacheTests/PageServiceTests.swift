import CacheSupport
import Foundation
import LambdaRuntime
import Testing

@testable import TimeSeriesCache

/// The page beside the API: it needs no key, and only what its list names is served.
@Suite struct PageServiceTests {
  /// A folder as `local/page.sh` writes it.
  private static func withPage(_ body: (APIHandler) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = [
      "index.html": ("<p>", "text/html"), "app.js": ("1", "text/javascript"), "site.json": ("{}", "application/json"),
    ]
    let list = files.sorted { $0.key < $1.key }.map { "\($0.key) tag-\($0.key) \($0.value.1)\n" }.joined()
    try Data("v1\n\(list)".utf8).write(to: folder.appending(path: "files.txt"))
    for (name, (text, _)) in files {
      try Data(text.utf8).write(to: folder.appending(path: name))
      try Data("packed \(text)".utf8).write(to: folder.appending(path: "\(name).gz"))
    }
    try await body(handler(folder.path))
  }

  private static func handler(_ folder: String) -> APIHandler {
    APIHandler(
      reader: SeriesReader(history: MemoryHistory([]), forecast: MemoryForecast([]), clock: .fixed(APITests.now)),
      keys: AccessKeys(own: CachedParameter(fixed: "right"), ring: nil), directory: SeriesDirectory(nil),
      clock: .fixed(APITests.now), page: PageService(folder: folder))
  }

  @Test("A file is served without a key, with its type, its tag and how long it may be kept")
  func files() async throws {
    try await Self.withPage { handler in
      for (path, body, type, kept) in [
        ("/", "<p>", "text/html; charset=utf-8", "no-cache"),
        ("/site.json", "{}", "application/json; charset=utf-8", "no-cache"),
        ("/page/v1/app.js", "1", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
      ] {
        let response = await APITests.ask(path, headers: [:], handler: handler)
        #expect(response.status == 200, "\(path)")
        #expect(String(decoding: response.body, as: UTF8.self) == body)
        #expect(response.headers["Content-Type"] == type)
        #expect(response.headers["Cache-Control"] == kept)
        #expect(response.headers["X-Content-Type-Options"] == "nosniff")
        let policy = try #require(response.headers["Content-Security-Policy"])
        #expect(
          policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'")
            && !policy.contains("unsafe"))
        let tag = try #require(response.headers["ETag"])
        #expect(await APITests.ask(path, headers: ["if-none-match": tag], handler: handler).status == 304)
        let packed = await APITests.ask(path, headers: ["accept-encoding": "gzip"], handler: handler)
        #expect(packed.content == .binary(Array("packed \(body)".utf8)))
        #expect(packed.headers["Content-Encoding"] == "gzip")
        #expect(packed.headers["ETag"] == tag.dropLast() + "-gzip\"")
      }
    }
  }

  @Test(
    "What the list does not name is not there, whatever the path",
    arguments: [
      "/page/v1/index.html", "/page/v2/app.js", "/page/v1/files.txt", "/page/v1/../app.js", "/page/v1/app.js.gz",
      "/page/v1/",
      "/page/v1//etc/passwd", "/page/",
    ])
  func absent(path: String) async throws {
    try await Self.withPage { handler in
      #expect(await APITests.ask(path, headers: [:], handler: handler).status == 404)
    }
  }

  @Test("Only GET and HEAD are for the page, and the rest of the API needs a key as before")
  func methods() async throws {
    try await Self.withPage { handler in
      #expect(await APITests.ask("/", headers: [:], method: "HEAD", handler: handler).headers["Content-Length"] == "3")
      #expect(
        await APITests.ask("/", headers: [:], method: "OPTIONS", handler: handler).headers["Allow"]
          == "GET, HEAD, OPTIONS")
      #expect(await APITests.ask("/", method: "PUT", handler: handler).status == 405)
      #expect(await APITests.ask("/v1/series", headers: [:], handler: handler).status == 401)
    }
  }

  @Test(
    "A stage's name without a slash leads to the page, whose links are relative to it",
    arguments: [("/prod", "prod", 308, "prod/"), ("/prod/", "prod", 200, nil), ("/", "$default", 200, nil)])
  func stage(path: String, stage: String, status: Int, location: String?) async throws {
    let event = try HTTPEvent(
      parsing: Array(
        #"{"version":"2.0","rawPath":"\#(path)","requestContext":{"stage":"\#(stage)","http":{"method":"GET"}}}"#.utf8))
    try await Self.withPage { handler in
      let response = await handler.response(
        to: event, LambdaContext(requestID: "r", deadline: .max, logger: .silent))
      #expect(response.status == status)
      #expect(response.headers["Location"] == location)
    }
  }

  @Test("Where the files are not there the answer says so, and the API goes on")
  func missing() async throws {
    let handler = Self.handler("/nonexistent")
    let response = await APITests.ask("/", headers: [:], handler: handler)
    #expect(response == APIError.noPage.response)
    #expect(await APITests.ask("/openapi.json", headers: [:], handler: handler).status == 200)
  }
}
