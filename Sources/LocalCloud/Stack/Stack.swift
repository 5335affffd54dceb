/// What the local cloud stands up: resources with their settings, and how they hang together.
public struct Stack: Sendable {
  public struct Table: Sendable {
    public var name: String
    /// Name and type (`S`, `N`, `B`) of the partition key, and of the sort key where there is one.
    public var hash: (name: String, type: String)
    public var range: (name: String, type: String)?
    /// The attribute by which items expire.
    public var timeToLive: String?
  }

  public struct Queue: Sendable {
    public var name: String
    public var attributes: [String: String]
    /// Where messages go that were received too often, and how often that is.
    public var deadLetters: (queue: String, maxReceiveCount: Int)?
  }

  public struct History: Sendable {
    public var database: String
    public var table: String
    public var memoryHours: Int
    public var magneticDays: Int
  }

  public struct Parameter: Sendable {
    public var name: String
    public var type: String
    /// The first value; one that a person changed stays.
    public var value: String
  }

  public struct EventSource: Sendable {
    public var queue: String
    public var function: String
    public var batchSize: Int
    public var maximumConcurrency: Int
  }

  public struct Rule: Sendable {
    public var name: String
    public var schedule: Schedule
    public var function: String
  }

  public struct API: Sendable {
    public var stage: String
    public var function: String
  }

  public var tables: [Table] = []
  /// Dead-letter queues before the queues that name them.
  public var queues: [Queue] = []
  public var history: [History] = []
  public var parameters: [Parameter] = []
  public var functions: [FunctionDescription] = []
  public var eventSources: [EventSource] = []
  public var rules: [Rule] = []
  public var api: API?
  /// What a person needs to know, by name.
  public var outputs: [(name: String, value: String)] = []

  public init() {}
}
