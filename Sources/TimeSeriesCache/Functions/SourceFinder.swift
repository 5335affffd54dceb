import AWSClients
package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

/// Finds an identifier's source, with the item's attributes and the key that it needs.
package struct SourceFinder: Sendable {
  private let catalog: SourceCatalog
  private let client: SourceClient
  package let registry: IdentifierRegistry?

  init(catalog: SourceCatalog, client: SourceClient, registry: IdentifierRegistry?) {
    self.catalog = catalog
    self.client = client
    self.registry = registry
  }

  /// `IDENTIFIER_TABLE` (optional), and what ``SourceCatalog`` reads.
  ///
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws {
    try self.init(
      environment: environment, http: http, clock: clock, logger: logger,
      aws: AWSClient(environment: environment, http: http, clock: clock, observer: logger.requestObserver))
  }

  /// The same with a client that the stores share.
  init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock, logger: LambdaLogger, aws: AWSClient
  ) throws(EnvironmentError) {
    self.init(
      catalog: try SourceCatalog(environment: environment, ssm: SSMClient(aws), clock: clock, logger: logger),
      client: SourceClient(http: http, clock: clock, logger: logger),
      registry: environment["IDENTIFIER_TABLE"].map { IdentifierRegistry(aws, table: $0) })
  }

  /// What the table says of an identifier; nil where it is not registered, or there is no table.
  ///
  /// - Throws: ``StoreError`` where the item cannot be read.
  package func entry(of identifier: Identifier) async throws(StoreError) -> SeriesEntry? {
    try await registry?.entry(identifier)
  }

  /// The pages of an identifier's source, none of which has been asked for.
  ///
  /// - Parameters:
  ///   - entry: what the table says of it.
  ///   - now: epoch milliseconds; the window that is asked for lies around it.
  /// - Throws: ``SourceError`` where the source is not described as it must be.
  package func pages(
    of identifier: Identifier, _ entry: SeriesEntry?, now: Int64
  ) async throws(SourceError) -> SourcePages {
    let source = try await catalog.source(named: entry?.source)
    return try await pages(of: identifier, from: source, entry, key: nil, now: now)
  }

  /// The same for a description that the catalog need not have.
  ///
  /// - Parameter key: nil takes the one of the description's parameter, or of the environment's.
  func pages(
    of identifier: Identifier, from source: SourceDescription, _ entry: SeriesEntry?, key: String?, now: Int64
  ) async throws(SourceError) -> SourcePages {
    let key = if let key { key } else { try await catalog.key(for: source) }
    return try client.pages(of: identifier, from: source, attributes: entry?.attributes ?? [:], key: key, now: now)
  }
}
