import CacheSupport
import SQLiteStore

/// One service of the cloud: what it answers, what it keeps, what of a template it stands up, and what it does by itself.
///
/// A new service is a folder with a type of this kind, and its line in ``LocalCloud``. All but the initializer has a default,
/// so that a module says only what it has.
protocol ServiceModule: Sendable {
  /// Its tables.
  static var schema: StorageSchema { get }
  /// The types of a template's resources that it stands up.
  static var resourceTypes: [any TemplateResource.Type] { get }
  /// Where clients of the JSON protocol find it; nil for a module that has routes alone.
  var endpoint: JSONEndpoint? { get }
  /// Where clients of the query protocol find it; nil for a module that does not speak it.
  var queryEndpoint: QueryEndpoint? { get }
  /// What `X-Amz-Target` may name, and a form's `Action`.
  var operations: [Operation] { get }
  /// Paths that it answers by itself, whatever the protocol. Asked for once, when the stack stands.
  var routes: [Route] { get }
  /// The operations of those paths, and the name in signatures of the service whose they are; nil where they have no names.
  var routedOperations: (service: String, names: [String])? { get }
  /// What a fault on purpose may do to a part of a batch.
  var batchFaults: [BatchFault] { get }
  /// What it does from time to time.
  var sweeps: [Sweep] { get }
  /// Answers a request of which no protocol of AWS is known and whose path is nobody's; nil leaves it to others.
  func reply(toStray request: ServerRequest) -> ServerReply?
  /// What answers the requests of a host of its own, by the header `Host`; nil where the host is none. It runs on one of the request threads.
  func handler(ofHost host: String) -> (@Sendable (ServerRequest) -> ServerReply)?

  init(_ context: ModuleContext) throws
  /// Looks at what a stack would change here, before any module changes anything.
  ///
  /// - Throws: what must not be lost unawares, and how to go on.
  func check(_ stack: Stack, _ state: StackState) throws(ServiceError)
  /// Makes its part of the storage what a stack says: creates what is missing and changes settings; data stay as they are.
  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError)
  /// Deletes what it keeps for a resource that has left the template. What is there no more is no error.
  func delete(_ resource: StackResource) throws(ServiceError)
  /// Begins what it does by itself. The whole stack stands.
  func start() throws(ServiceError)
  /// Ends its processes and tasks. What waits is answered first.
  func stop() async
}

extension ServiceModule {
  static var schema: StorageSchema { StorageSchema(module: "", steps: []) }
  static var resourceTypes: [any TemplateResource.Type] { [] }
  var endpoint: JSONEndpoint? { nil }
  var queryEndpoint: QueryEndpoint? { nil }
  var operations: [Operation] { [] }
  var routes: [Route] { [] }
  var routedOperations: (service: String, names: [String])? { nil }
  var batchFaults: [BatchFault] { [] }
  var sweeps: [Sweep] { [] }
  func reply(toStray request: ServerRequest) -> ServerReply? { nil }
  func handler(ofHost host: String) -> (@Sendable (ServerRequest) -> ServerReply)? { nil }
  func check(_ stack: Stack, _ state: StackState) throws(ServiceError) {}
  func standUp(_ stack: Stack, _ state: inout StackState) throws(ServiceError) {}
  func delete(_ resource: StackResource) throws(ServiceError) {}
  func start() throws(ServiceError) {}
  func stop() async {}
}

/// A service of AWS's JSON protocol: `POST /` with `X-Amz-Target: prefix.Operation`.
///
/// See <https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html>.
struct JSONEndpoint: Sendable, Hashable {
  /// Such as `DynamoDB_20120810`.
  var targetPrefix: String
  /// The service's name in signatures.
  var signingName: String
  /// `1.0` or `1.1`.
  var jsonVersion: String
}

/// A module's tables: one step a version, run in order and once. A step that has been published never changes.
struct StorageSchema: Sendable, Hashable {
  /// The name by which the storage remembers how far it got.
  var module: String
  var steps: [String]
}
