import CacheSupport

/// What the local cloud stands up: resources with their settings, and how they hang together.
struct Stack: Sendable {
  /// Where a stack is stood up.
  struct Site: Sendable {
    /// `http://127.0.0.1:4566`
    var address: String
    var accountID: String
    var region: String
    /// What every function's environment has beside its own variables: credentials, region, endpoint.
    var environment: [String: String]
    /// The folder with the functions' executables.
    var executables: String
    var stackName: String
  }

  struct Table: Sendable, Hashable {
    struct Key: Sendable, Hashable {
      var name: String
      /// `S`, `N` or `B`.
      var type: String
    }
    var name: String
    var hash: Key
    var range: Key?
    /// The attribute by which items expire.
    var timeToLive: String?
  }

  struct Queue: Sendable, Hashable {
    struct Redrive: Sendable, Hashable {
      var queue: String
      var maxReceiveCount: Int
    }
    var name: String
    var attributes: [String: String]
    /// Where messages go that were received too often, and how often that is.
    var deadLetters: Redrive?
  }

  struct HistoryTable: Sendable, Hashable {
    var database: String
    var name: String
    var memoryHours: Int
    var magneticDays: Int
    var takesLateRecords: Bool
  }

  struct Parameter: Sendable, Hashable {
    var name: String
    var type: String
    var value: String
  }

  struct EventSource: Sendable, Hashable {
    var queue: String
    var function: String
    var batchSize: Int
    var maximumConcurrency: Int
    /// Whether the function's answer says which messages failed.
    var reportsFailures: Bool
  }

  struct Rule: Sendable {
    var name: String
    var schedule: Schedule
    var function: String
    /// The event, where the rule gives one of its own.
    var input: String?
  }

  struct API: Sendable, Hashable {
    var name: String
    var stage: String
    var routes: [Route] = []
  }

  struct Route: Sendable, Hashable {
    /// `ANY` for every method.
    var method: String
    /// `/v1/{name}`, `/{proxy+}`
    var path: String
    var function: String
    /// `1.0` or `2.0`.
    var payload: String
    var timeoutMilliseconds: Int
  }

  struct Output: Sendable, Hashable {
    var name: String
    var value: String
  }

  var name: String
  var tables: [Table] = []
  var queues: [Queue] = []
  var databases: [String] = []
  var historyTables: [HistoryTable] = []
  var parameters: [Parameter] = []
  var functions: [FunctionDescription] = []
  var eventSources: [EventSource] = []
  var rules: [Rule] = []
  var api: API?
  /// What a person needs to know, by name.
  var outputs: [Output] = []
  /// The values of the template's parameters that are secrets.
  var secrets: [String] = []
  /// The logical IDs of resources that do nothing on this machine, by type.
  var ignoredResources: [String: [String]] = [:]
  /// The properties that do nothing on this machine, by type.
  var ignoredProperties: [String: Set<String>] = [:]

  init(name: String) { self.name = name }

  /// A text that people see, with stars for what is secret.
  func withoutSecrets(_ text: String) -> String { Self.hiding(secrets, in: text) }

  static func hiding(_ secrets: [String], in text: String) -> String {
    // A short word would turn innocent texts to stars.
    secrets.filter { $0.utf8.count >= 4 }.sorted { $0.count > $1.count }.reduce(text) {
      $0.replacing($1, with: "****")
    }
  }
}
