package import AWSClients
public import CacheSupport
package import LambdaRuntime

/// Where InfluxDB is and how it is told who asks, as the environment says it.
///
/// | variable | means |
/// |---|---|
/// | `INFLUX_URL` | `https://host:port`, or `http` where the host is this machine |
/// | `INFLUX_DATABASE` | the database; of 2.x, the one that a bucket is mapped to |
/// | `INFLUX_RETENTION_POLICY` | the retention policy; the database's own where it is absent |
/// | `INFLUX_AUTHORIZATION` | `Token` (default), `Bearer` or `Basic` |
/// | `INFLUX_TOKEN` | the token; of `Basic` it is `name:password` |
/// | `INFLUX_TOKEN_SSM_ID` | where `INFLUX_TOKEN` is absent: the name of the parameter that holds it |
/// | `INFLUX_TOKEN_SECRET_ID` | where both are absent: the name or ARN of the secret of Secrets Manager that holds it |
///
/// Where none of the last three is set, nothing is sent. A parameter or secret is read every five minutes. It may be the token itself, or
/// a JSON object with `token`, or with `username` and `password`.
public struct InfluxSettings: Sendable, CustomStringConvertible, CustomReflectable {
  /// Such as `https://influx.example.com:8086`.
  public let url: String
  /// The database's name.
  public let database: String
  /// Nil for the database's own.
  public let retentionPolicy: String?
  /// How the token is sent.
  public let scheme: InfluxAuthorization.Scheme
  private let token: Token

  private enum Token: Sendable {
    case none
    case fixed(String)
    case parameter(String)
    case secret(String)
  }

  /// Reads the variables.
  ///
  /// - Throws: `EnvironmentError`, which names the variable that is missing or wrong.
  public init(environment: ProcessEnvironment) throws(EnvironmentError) {
    let url = try environment.require("INFLUX_URL", "where InfluxDB is, such as https://influx.example.com:8086")
    do throws(InvalidInfluxURL) { self.url = try InfluxURL.checked(url) } catch {
      throw EnvironmentError(description: "the environment variable INFLUX_URL is wrong: \(error)")
    }
    database = try environment.require("INFLUX_DATABASE", "the database of the history")
    retentionPolicy = environment["INFLUX_RETENTION_POLICY"]
    let name = environment["INFLUX_AUTHORIZATION"] ?? InfluxAuthorization.Scheme.token.rawValue
    guard
      let scheme = InfluxAuthorization.Scheme.allCases.first(where: { $0.rawValue.lowercased() == name.lowercased() })
    else {
      throw EnvironmentError(
        description: "the environment variable INFLUX_AUTHORIZATION is '\(name)': give Token, Bearer or Basic")
    }
    self.scheme = scheme
    token =
      if let text = environment["INFLUX_TOKEN"] {
        .fixed(text)
      } else if let name = environment["INFLUX_TOKEN_SSM_ID"] {
        .parameter(name)
      } else if let id = environment["INFLUX_TOKEN_SECRET_ID"] {
        .secret(id)
      } else {
        .none
      }
  }

  /// The place and the scheme, without the token.
  public var description: String { "\(scheme.rawValue) \(url) \(database)" }
  /// What ``description`` says.
  public var customMirror: Mirror { Mirror(self, children: ["settings": description]) }

  /// What is sent with each request.
  ///
  /// - Parameters:
  ///   - client: reads the parameter or the secret.
  ///   - clock: tells when it is read again.
  ///   - logger: told where it cannot be read and the one that is known stays in use.
  package func authorization(
    _ client: AWSClient, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) -> InfluxAuthorization {
    switch token {
    case .none: .none
    case .fixed(let text): InfluxAuthorization(scheme, token: text)
    case .parameter(let name):
      InfluxAuthorization(
        scheme,
        CachedParameter(clock: clock, report: report("parameter", name, logger)) {
          [ssm = SSMClient(client)] () async throws(AWSError) in try await ssm.parameter(name)
        })
    case .secret(let id):
      InfluxAuthorization(
        scheme,
        CachedParameter(clock: clock, report: report("secret", id, logger)) {
          [secrets = SecretsManagerClient(client)] () async throws(AWSError) in try await secrets.secret(id)
        })
    }
  }

  private func report(
    _ kind: String, _ name: String, _ logger: LambdaLogger
  ) -> @Sendable (AWSError) -> Void {
    { error in
      logger.error(
        "InfluxDB's token cannot be read; the one that is known stays in use for now",
        [kind: .string(name), "error": .string(error.description)])
    }
  }
}

extension InfluxHistory {
  /// History as the environment says where it is, see ``InfluxSettings``.
  ///
  /// - Parameters:
  ///   - client: its HTTP client sends the requests; it reads the token where that is a parameter or a secret.
  ///   - clock: tells when the token is read again.
  ///   - logger: told where the token cannot be read and the one that is known stays in use.
  /// - Throws: `EnvironmentError`, which names the variable that is missing or wrong.
  package init(
    _ client: AWSClient, environment: ProcessEnvironment, clock: WallClock = .system, logger: LambdaLogger = .silent
  ) throws(EnvironmentError) {
    let settings = try InfluxSettings(environment: environment)
    do throws(InvalidInfluxURL) {
      try self.init(
        http: client.http, url: settings.url, database: settings.database, retentionPolicy: settings.retentionPolicy,
        authorization: settings.authorization(client, clock: clock, logger: logger), clock: clock)
    } catch { throw EnvironmentError(description: "the environment variable INFLUX_URL is wrong: \(error)") }
  }
}
