import CacheSupport
import Compression
package import LambdaRuntime

/// The API function: checks the key, reads the merged series, writes it in the format that was asked for.
///
/// It answers API Gateway's events (REST and HTTP API) and those of function URLs. Every error of a request is an answer
/// with a status; only an event of another kind throws.
package struct APIHandler: LambdaHandler {
  let reader: SeriesReader
  let directory: SeriesDirectory
  let clock: WallClock
  let answers: AnswerMemory
  private let keys: AccessKeys
  private let crossOrigin: CrossOrigin
  private let representation: Representation
  private let prometheus: (any PathService)?
  private let page: PageService?

  /// Bytes. Only what registers a series and a form have a use for a body, but some clients send one.
  static let maximumBody: Int = 64 << 10
  /// Milliseconds for which keys are waited for.
  static let keyPatience: Int64 = 10_000

  /// - Parameter answersKept: milliseconds for which answers are kept; 0 keeps none.
  init(
    reader: SeriesReader, keys: AccessKeys, directory: SeriesDirectory, clock: WallClock,
    crossOrigin: CrossOrigin = .none, answersKept: Int64 = 0, prometheus: (any PathService)? = nil,
    page: PageService? = nil
  ) {
    self.reader = reader
    self.keys = keys
    self.directory = directory
    self.clock = clock
    self.crossOrigin = crossOrigin
    self.prometheus = prometheus
    self.page = page
    answers = AnswerMemory(milliseconds: answersKept, clock: clock)
    representation = Representation(maximumAge: answersKept / 1000)
  }

  /// Answers one request.
  ///
  /// - Throws: `EventError` for an event that is no HTTP request.
  package func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
    await response(to: try HTTPEvent(parsing: event), context).bytes
  }

  func response(to event: HTTPEvent, _ context: LambdaContext) async -> HTTPEventResponse {
    var response: HTTPEventResponse
    do throws(APIError) {
      response = try await answer(APIRequest(event, context, clock: clock))
    } catch {
      context.logger.info("refused", ["status": .integer(error.status), "code": .string(error.code)])
      response = error.response
    }
    if ["GET", "HEAD"].contains(event.method) {
      response = Representation.conditional(response, ifNoneMatch: event.headers["if-none-match"])
    }
    crossOrigin.add(to: &response, for: event)
    if event.method == "HEAD", response.status != 304 {
      // What a GET would have (RFC 9110 §8.6): a gateway that counts for itself finds no bytes.
      response.headers["Content-Length"] = "\(response.body.count)"
      response.content = .text([])
    }
    return response
  }

  private func answer(_ request: APIRequest) async throws(APIError) -> HTTPEventResponse {
    let event = request.event
    // A client that asks which methods there are need not have the key (RFC 9110 §9.3.7), nor need one that asks for the description.
    if let route = APIRoute(event.path) {
      if event.method == "OPTIONS" {
        return HTTPEventResponse(status: 204, headers: ["Allow": route.methods], body: [])
      }
      if route == .page, route.allows(event.method) {
        guard let page else { throw .noPage }
        return try page.response(to: request)
      }
      if route == .document, route.allows(event.method) { return try finish(OpenAPI.response, request) }
    }
    let access = try await authorize(request)
    guard event.bodySize <= Self.maximumBody else {
      throw .tooLarge("the body has \(event.bodySize) bytes: \(Self.maximumBody) are the most")
    }
    let route = try APIRoute.route(of: event.path)
    guard route.allows(event.method) else { throw .methodNotAllowed(route.methods) }
    if ["PUT", "DELETE"].contains(event.method) { return try await change(route, request, access) }
    guard access.permissions.contains(.read) else { throw .forbidden("this key may not read") }
    return try await read(route, request, VisibleSeries(directory: directory, access: access))
  }

  private func authorize(_ request: APIRequest) async throws(APIError) -> Access {
    do throws(AccessKeys.Refusal) {
      return try await keys.access(
        of: request.event, patience: .milliseconds(min(Self.keyPatience, request.time.left)),
        logger: request.context.logger)
    } catch { throw APIError(error) }
  }

  /// Answers what changes nothing, from memory where an identical request was answered a moment ago.
  private func read(
    _ route: APIRoute, _ request: APIRequest, _ series: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    let key = AnswerMemory.Key(request.event, access: series.access, isPacked: request.takesGzip)
    let answer = await answers.answer(to: key) { [self] in
      do throws(APIError) {
        return .success(try finish(try await unfinished(route, request, series), request))
      } catch { return .failure(error) }
    }
    return try answer.get()
  }

  private func unfinished(
    _ route: APIRoute, _ request: APIRequest, _ series: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    switch route {
    case .prometheus:
      guard let prometheus else { throw .notFound("Prometheus' API is not set up here") }
      return await prometheus.response(to: request.event, seeing: series, within: request.time, request.context)
    case .reference: return try await reference(request, series)
    case .document: return OpenAPI.response
    case .page: throw .noPage
    case .list:
      // One series may be changed here by its id, but is read at /v1/rows.
      return try await list(request, series)
    case .view(.latest): return try await latest(request, series)
    case .view(let view):
      let query = try QueryParameters(request.event.query)
      return try await self.view(view, of: try query.identifier(), query, ["id"], request, series)
    case .series(let identifier, let view):
      let identifier = try Identifier(decoding: identifier)
      return try await self.view(view, of: identifier, try QueryParameters(request.event.query), [], request, series)
    }
  }

  /// - Parameter more: parameters beside the view's own.
  private func view(
    _ view: APIRoute.View, of identifier: Identifier, _ query: QueryParameters, _ more: [ByteText],
    _ request: APIRequest,
    _ series: VisibleSeries
  ) async throws(APIError) -> HTTPEventResponse {
    try query.require(only: (more + view.parameters).sorted())
    switch view {
    case .rows: return try await rows(of: identifier, query, request, series)
    case .status: return try await status(of: identifier, request, series)
    case .latest: return try await latest(of: identifier, request, series)
    case .statistics: return try await statistics(of: identifier, query, request, series)
    }
  }

  private func finish(_ response: HTTPEventResponse, _ request: APIRequest) throws(APIError) -> HTTPEventResponse {
    do throws(GzipError) {
      return try representation.finish(response, isPacked: request.takesGzip)
    } catch {
      request.context.logger.error("an answer cannot be packed", ["error": .string("\(error)")])
      throw APIError(
        status: 500, code: "NotPacked", message: "the answer cannot be compressed: ask without Accept-Encoding")
    }
  }
}

extension APIRoute.View {
  /// The parameters of a view, beside the identifier.
  var parameters: [ByteText] {
    switch self {
    case .rows: SeriesRequest.parameters
    case .statistics: StatisticsRequest.parameters
    case .status, .latest: []
    }
  }
}
