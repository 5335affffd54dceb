import AWSClients
package import CacheSupport
package import HTTPTransport
package import LambdaRuntime

extension QueueHandler {
  /// Reads where the identifiers are, and where they go.
  ///
  /// | variable | means |
  /// |---|---|
  /// | `IDENTIFIER_TABLE` | the DynamoDB table of the identifiers |
  /// | `IDENTIFIER_QUEUE` | the URL of the queue |
  /// | `SOURCES` or `SOURCES_SSM_ID` | the sources, of which some may have schedules of their own; optional |
  /// | `IDENTIFIERS_PER_MESSAGE` | 1 to 50; 2 by default |
  ///
  /// - Throws: `EnvironmentError`, `AWSError`.
  package init(
    environment: ProcessEnvironment, http: any HTTPClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws {
    let client = try AWSClient(environment: environment, http: http, clock: clock, observer: logger.requestObserver)
    let knowsSources = environment["SOURCES"] != nil || environment["SOURCES_SSM_ID"] != nil
    self.init(
      registry: IdentifierRegistry(
        client, table: try environment.require("IDENTIFIER_TABLE", "the DynamoDB table of the identifiers")),
      catalog: knowsSources
        ? try SourceCatalog(environment: environment, ssm: SSMClient(client), clock: clock, logger: logger) : nil,
      queue: MessageSender(
        client, url: try environment.require("IDENTIFIER_QUEUE", "the URL of the queue of identifiers")),
      identifiersPerMessage: try environment.integer("IDENTIFIERS_PER_MESSAGE", default: 2, in: 1...50),
      clock: clock)
  }
}
