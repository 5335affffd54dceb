import CacheSupport
import SQLiteStore

/// Descriptions of sources for the console's page: edited, checked, kept, and used at once.
///
/// | request | answer |
/// |---|---|
/// | `GET …/sources` | the descriptions that the functions use, with the version of their parameter |
/// | `POST …/sources/fault` | what is wrong with the description `name`, `text`; null where nothing is |
/// | `POST …/sources/check` | what the source of a description gives for `identifier`, with `attributes` and `key`; nothing is stored |
/// | `PUT …/sources` | keeps `name`, `text` beside the others, where the parameter has the `version` that was read |
/// | `POST …/sources/register` | `identifier` with `source` and `attributes`, as the API registers it |
/// | `POST …/sources/fetch` | sends `identifier` to the fetch function's queue; its processes begin anew before |
///
/// A check makes this machine send requests to addresses that the page gives, with a key. That is why ``ConsoleGuard`` is before it
/// as before the rest: no page of another site can ask for it, and nobody on another machine. Redirects are not followed. A key that
/// the page sends is used for that one request, and neither kept nor logged nor answered.
final class ConsoleSources: Sendable {
  private let door: ConsoleGuard
  private let tools: (any SourceTools)?
  let storage: Storage
  let ssm: SSMService
  private let lambda: LambdaService
  private let messages: QueueStore
  private let clock: WallClock
  private let stackName: String
  private let checks = Allowance(mostChecks)

  /// Checks at once.
  static let mostChecks: Int = 2
  /// When a check is given up.
  static let checkLimit: Duration = .seconds(60)
  /// Bytes of a request: a parameter holds at most 8 KB.
  static let bodyLimit: Int = 64 << 10

  init(_ context: ModuleContext, door: ConsoleGuard) throws {
    self.door = door
    tools = context.options.sourceTools
    storage = context.storage
    ssm = try context.module()
    lambda = try context.module()
    messages = try context.module(SQSService.self).messages
    clock = context.clock
    stackName = context.options.stackName
  }

  var routes: [Route] {
    [
      door.route("GET", "/sources") { _ throws(ServiceError) in try self.list() },
      door.route("POST", "/sources/fault") { request throws(ServiceError) in
        let (tools, draft) = (try self.given(), try Self.draft(try Self.body(request)))
        let used = try self.parameter()
        let fault = tools.fault(of: draft, without: []) ?? self.keyFault(of: draft, used)
        return ["fault": fault?.json ?? .null]
      },
      door.waiting("POST", "/sources/check") { request async throws(ServiceError) in try await self.check(request) },
      door.waiting("PUT", "/sources") { request async throws(ServiceError) in try await self.save(request) },
      door.waiting("POST", "/sources/register") { request async throws(ServiceError) in
        try await self.register(request)
      },
      door.waiting("POST", "/sources/fetch") { request async throws(ServiceError) in try await self.fetch(request) },
    ]
  }

  func given() throws(ServiceError) -> any SourceTools {
    if let tools { return tools }
    throw ServiceError(
      status: 501, type: "NotImplemented", message: "this local cloud was started without what reads descriptions")
  }

  func parameter() throws(ServiceError) -> SourcesParameter {
    try SourcesParameter(lambda.sandboxes.descriptions, lambda.sources.all.map(\.mapping))
  }

  // MARK: What there is

  private func list() throws(ServiceError) -> JSON {
    _ = try given()
    let used = try parameter()
    let parameter = try read(used)
    let descriptions = try used.descriptions(in: parameter)
    return [
      "parameter": .string(used.name), "version": .integer(parameter.version),
      "sources": .array(
        descriptions.members.map { ["name": .string($0.name), "text": .string($0.value.text)] }),
      "functions": .array(used.functions.map { .string($0) }),
      "fetching": used.fetching.map {
        ["function": .string($0.function.name), "queue": .string($0.queue), "timeout": .integer($0.function.timeout)]
      } ?? .null,
      "key": used.keyName.map { .string($0) } ?? .null,
    ]
  }

  func read(_ used: SourcesParameter) throws(ServiceError) -> Parameter {
    let found = try storage.read { [store = ssm.store] connection throws(ServiceError) in
      try store.find(ParameterName(used.name), connection)
    }
    if let found { return found }
    throw ServiceError(status: 404, type: "NotFound", message: "there is no parameter \(used.name)")
  }

  /// What is wrong with a description whose key is in a parameter that the fetch function may not read; nil where nothing is.
  ///
  /// On AWS its role refuses it. Here a description could otherwise send any secret of this cloud, such as the API's own keys, anywhere.
  func keyFault(of draft: SourceDraft, _ used: SourcesParameter) -> SourceFault? {
    guard let name = (try? JSON(parsing: draft.text))?["keyParameter"]?.string else { return nil }
    let folder = "/\(stackName)/source-keys/"
    let isOwn = used.keyName?.hasSameBytes(as: name) ?? false
    guard !isOwn, !name.utf8.starts(with: folder.utf8) || name.utf8.count == folder.utf8.count else { return nil }
    return SourceFault(
      place: "/keyParameter", reason: "the fetch function may not read it: keep the key in a parameter below \(folder)")
  }

  // MARK: Check

  private func check(_ request: RouteRequest) async throws(ServiceError) -> JSON {
    let tools = try given()
    let body = try Self.body(request)
    let draft = try Self.draft(body)
    let used = try parameter()
    if let fault = tools.fault(of: draft, without: []) ?? keyFault(of: draft, used) { throw fault.error }
    let question = SourceQuestion(
      draft: draft, identifier: try Self.text("identifier", body),
      attributes: Self.attributes(body),
      key: body["key"]?.string.flatMap { $0.isEmpty ? nil : $0 }, environment: used.environment,
      limit: Self.checkLimit)
    guard checks.take(1) else {
      throw ServiceError(
        status: 429, type: "TooManyRequests", message: "\(Self.mostChecks) checks run already: wait until one has ended"
      )
    }
    defer { checks.give(1) }
    do throws(SourceRefusal) { return try await tools.check(question) } catch { throw error.error }
  }

  // MARK: Register and fetch

  private func register(_ request: RouteRequest) async throws(ServiceError) -> JSON {
    let body = try Self.body(request)
    let (tools, used) = (try given(), try parameter())
    let (identifier, source) = (try Self.text("identifier", body), try Self.text("source", body))
    guard try used.descriptions(in: try read(used))[source] != nil else {
      throw Self.wrong("there is no description '\(source)' in \(used.name): save it before")
    }
    do throws(SourceRefusal) {
      return try await tools.register(
        identifier, source: source, attributes: Self.attributes(body), environment: used.environment)
    } catch { throw error.error }
  }

  private func fetch(_ request: RouteRequest) async throws(ServiceError) -> JSON {
    let identifier = try Self.text("identifier", try Self.body(request))
    if let fault = try given().fault(ofIdentifier: identifier) { throw Self.wrong(fault) }
    let used = try parameter()
    guard let (function, queue) = used.fetching else {
      throw ServiceError(
        status: 404, type: "NotFound", message: "no queue invokes a function that reads \(used.name)")
    }
    // They know the descriptions that they have read for five minutes.
    for name in used.functions { _ = lambda.sandboxes.restart(name) }
    let sent = clock.now
    try await messages.send((["identifiers": [.string(identifier)]] as JSON).text, to: queue)
    return ["sent": .integer(sent), "function": .string(function.name), "queue": .string(queue)]
  }
}
