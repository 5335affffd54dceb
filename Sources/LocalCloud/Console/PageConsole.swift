import CacheSupport
import Synchronization

/// The page that people look at, at `/`: the same files that the API function serves, told where the stack's API is.
///
/// `/site.json` has the stack's key, so that whoever starts the cloud sees a chart at once. It goes to the page alone: a request must have a
/// header that no other site's page can send without being asked first (<https://fetch.spec.whatwg.org/#cors-safelisted-request-header>),
/// and come to this machine by one of its own names, which a name that somebody points here is not (DNS rebinding).
final class PageConsole: ServiceModule {
  private struct Site {
    var name = ""
    /// From the page to the API, such as `prod/`; nil where the stack has none.
    var api: String?
    var key: String?
  }

  /// What the page has beside *Series*, of which *Sources* needs what reads them: they ask below `/_local-cloud`, which answers on loopback alone.
  static let views: [String] = ["sources", "query", "tables", "queues", "functions", "schedules", "faults"]

  private let folder: PageFolder
  private let site = Mutex(Site())
  private let access: ConsoleGuard
  private let views: [String]

  init(_ context: ModuleContext) {
    folder = PageFolder(PageFiles.folder(beside: context.options.executables ?? LocalCloud.Options.ownFolder))
    access = ConsoleGuard(context)
    let hasSources = context.options.sourceTools != nil
    views = access.isLoopback ? Self.views.filter { hasSources || $0 != "sources" } : []
  }

  func standUp(_ stack: Stack, _ state: inout StackState) {
    site.withLock { $0 = Site(name: stack.name, api: stack.apiPath, key: state.generated["ApiKey"]) }
  }

  var routes: [Route] {
    [
      Route("GET", "/page/{version}/{file}", errors: .message) { request throws(ServiceError) in
        .now(try self.file(request.http.path, request.http))
      },
      Route("GET", "/site.json", errors: .message) { .now(self.site(for: $0.http)) },
    ]
  }

  /// The page itself, for a browser that asks for `/`.
  func reply(toStray request: ServerRequest) -> ServerReply? {
    guard request.method == "GET", request.path == "/", request[header: "accept"]?.contains("text/html") ?? false else {
      return nil
    }
    do throws(ServiceError) { return .now(try file("/", request)) } catch {
      return .now(.text(error.status, "\(error.message ?? "")\n"))
    }
  }

  private func file(_ path: String, _ request: ServerRequest) throws(ServiceError) -> ServerResponse {
    guard let file = try read()[ByteText(path)] else {
      throw ServiceError(status: 404, type: "", message: "The page has no such file: load it again")
    }
    let isPacked = request[header: "accept-encoding"]?.contains("gzip") ?? false
    let headers = file.headers(isPacked: isPacked)
    let isKnown = headers["ETag"].map { request[header: "if-none-match"]?.contains($0) ?? false } ?? false
    return ServerResponse(
      status: isKnown ? 304 : 200, headers: headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      body: isKnown ? [] : isPacked ? file.packed : file.bytes)
  }

  private func read() throws(ServiceError) -> PageFiles {
    do throws(TextFile.Failure) {
      return try folder.files()
    } catch {
      throw ServiceError(
        status: 404, type: "",
        message: "The page is not here: \(error.description). Make it: local/page.sh \(folder.path)")
    }
  }

  /// What the page may know: where the API is, and to whom it may be told, the key.
  private func site(for request: ServerRequest) -> ServerResponse {
    let site = site.withLock { $0 }
    let body: JSON = [
      "name": .string("local cloud, \(site.name)"), "api": .string(site.api ?? ""),
      "key": isOurs(request) ? site.key.map { .string($0) } ?? .null : .null,
      "views": .array(views.map { .string($0) }),
    ]
    return ServerResponse(
      status: 200,
      headers: [
        ("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
      ], body: body.bytes)
  }

  /// Whether a request is the page's own, in a browser of this machine.
  private func isOurs(_ request: ServerRequest) -> Bool {
    do throws(ServiceError) { try access.check(request) } catch { return false }
    return true
  }
}

extension Stack {
  /// From this cloud's root to the first API, such as `prod/`; nil where there is none.
  fileprivate var apiPath: String? {
    guard let api = apis.first, let stage = api.stages.first?.name else { return nil }
    let below = stage == GatewayStage.standardName ? "" : stage + "/"
    let isAlone = !below.isEmpty && apis.count { $0.stages.contains { $0.name == stage } } == 1
    return isAlone ? below : GatewayAddress.prefix.dropFirst() + api.id + "/" + below
  }
}
