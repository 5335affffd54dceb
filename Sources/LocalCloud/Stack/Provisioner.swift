import CacheSupport

/// Makes the storage what a stack says: creates what is missing and changes settings; data stay as they are.
struct Provisioner {
  let dynamoDB: DynamoDBService
  let sqs: SQSService
  let parameters: SSMService
  let store: TimestreamStore

  /// - Returns: what an earlier run stood up and this stack has no more.
  func provision(
    _ stack: Stack, at address: String, _ state: inout StackState
  ) throws(ServiceError) -> [String] {
    for table in stack.tables { try create(table) }
    for queue in stack.queues {
      try ignoring("QueueNameExists") { () throws(ServiceError) in
        try sqs.messages.create(queue.name, queue.attributes)
      }
    }
    // Once all of them are there: a queue may name another.
    for queue in stack.queues { try configure(queue) }
    for database in stack.databases {
      try ignoring("ConflictException") { () throws(ServiceError) in
        var input = Input(["DatabaseName": .string(database)])
        _ = try store.createDatabase(&input)
      }
    }
    for table in stack.historyTables { try create(table) }
    for parameter in stack.parameters { try set(parameter, at: address, &state) }
    try moveAddresses(in: stack, to: address, from: state.address)
    state.address = address
    let standing =
      stack.tables.map { "table \($0.name)" } + stack.queues.map { "queue \($0.name)" }
      + stack.historyTables.map { "Timestream table \($0.database).\($0.name)" }
      + stack.parameters.map { "parameter \($0.name)" }
    let leftovers = Set(state.resources).subtracting(standing).sorted()
    state.resources = standing + leftovers
    return leftovers
  }

  private func create(_ table: Stack.Table) throws(ServiceError) {
    let keys = [table.hash] + (table.range.map { [$0] } ?? [])
    let schema: JSON = .array(
      zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] })
    let input: JSONObject = [
      "TableName": .string(table.name), "BillingMode": "PAY_PER_REQUEST", "KeySchema": schema,
      "AttributeDefinitions": .array(
        keys.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type)] }),
    ]
    let isNew = try ignoring("ResourceInUseException") { () throws(ServiceError) in
      _ = try dynamoDB.createTable(input)
    }
    if !isNew {
      let known = try call("DescribeTable", ["TableName": .string(table.name)])["Table"]
      guard known?["KeySchema"] == schema, Self.types(known) == Self.types(.object(input)) else {
        throw ServiceError(
          type: "Conflict",
          message: "the table \(table.name) is there with another key: remove it, or give another --data folder")
      }
    }
    let timeToLive = try call("DescribeTimeToLive", ["TableName": .string(table.name)])["TimeToLiveDescription"]
    let current = timeToLive?["AttributeName"]?.string
    guard current != table.timeToLive else { return }
    if let current { try setTimeToLive(of: table.name, by: current, false) }
    if let attribute = table.timeToLive { try setTimeToLive(of: table.name, by: attribute, true) }
  }

  private static func types(_ table: JSON?) -> Set<String> {
    Set(
      (table?["AttributeDefinitions"]?.array ?? []).map {
        "\($0["AttributeName"]?.string ?? "") \($0["AttributeType"]?.string ?? "")"
      })
  }

  private func setTimeToLive(of table: String, by attribute: String, _ isEnabled: Bool) throws(ServiceError) {
    _ = try call(
      "UpdateTimeToLive",
      [
        "TableName": .string(table),
        "TimeToLiveSpecification": ["AttributeName": .string(attribute), "Enabled": .bool(isEnabled)],
      ])
  }

  private func call(_ operation: String, _ input: JSONObject) throws(ServiceError) -> JSON {
    switch try dynamoDB.call(operation, input, ServerRequest(method: "POST", path: "/")) {
    case .now(let answer): answer
    case .later: .null
    }
  }

  private func configure(_ queue: Stack.Queue) throws(ServiceError) {
    // What the template does not say is SQS's default, whatever an earlier template said.
    var attributes = QueueAttributes.defaults.merging(queue.attributes) { $1 }
    if let letters = queue.deadLetters {
      let policy: JSON = [
        "deadLetterTargetArn": .string(sqs.messages.arn(letters.queue)),
        "maxReceiveCount": .integer(Int64(letters.maxReceiveCount)),
      ]
      attributes["RedrivePolicy"] = policy.text
    } else {
      attributes["RedrivePolicy"] = ""
    }
    try sqs.messages.setAttributes(try sqs.messages.queue(named: queue.name), attributes)
  }

  private func create(_ table: Stack.HistoryTable) throws(ServiceError) {
    var input = Input([
      "DatabaseName": .string(table.database), "TableName": .string(table.name),
      "RetentionProperties": [
        "MemoryStoreRetentionPeriodInHours": .integer(Int64(table.memoryHours)),
        "MagneticStoreRetentionPeriodInDays": .integer(Int64(table.magneticDays)),
      ],
      "MagneticStoreWriteProperties": ["EnableMagneticStoreWrites": .bool(table.takesLateRecords)],
    ])
    let isNew = try ignoring("ConflictException") { () throws(ServiceError) in _ = try store.createTable(&input) }
    if !isNew { _ = try store.updateTable(&input) }
  }

  private func set(_ parameter: Stack.Parameter, at address: String, _ state: inout StackState) throws(ServiceError) {
    let last = state.parameters[parameter.name].map { last in
      state.address.map { Self.moving($0, to: address, in: last) } ?? last
    }
    state.parameters[parameter.name] = parameter.value
    let current = try parameters.value(of: parameter.name)
    let isSameType = state.types[parameter.name, default: parameter.type] == parameter.type
    state.types[parameter.name] = parameter.type
    guard last != parameter.value || current == nil || !isSameType else { return }
    try parameters.put(parameter.name, type: parameter.type, value: parameter.value)
  }

  /// The port may be another than last time: what names this cloud follows it, also where a person changed the rest.
  private func moveAddresses(in stack: Stack, to address: String, from last: String?) throws(ServiceError) {
    guard let last, last != address else { return }
    for parameter in stack.parameters {
      guard let (type, value) = try parameters.typeAndValue(of: parameter.name) else { continue }
      let moved = Self.moving(last, to: address, in: value)
      if moved != value { try parameters.put(parameter.name, type: type, value: moved) }
    }
  }

  /// Replaces an address where its port ends there: `:456` is no part of `:4567`.
  static func moving(_ last: String, to address: String, in value: String) -> String {
    var result = ""
    var rest = value[...]
    while let range = rest.firstRange(of: last) {
      let isWhole = rest[range.upperBound...].utf8.first.map { !(48...57).contains($0) } ?? true
      result += rest[..<range.lowerBound] + (isWhole ? address : last)
      rest = rest[range.upperBound...]
    }
    return result + rest
  }

  /// - Returns: false where the error of that code came, which says that the thing is there already.
  @discardableResult
  private func ignoring(_ code: String, _ body: () throws(ServiceError) -> Void) throws(ServiceError) -> Bool {
    do throws(ServiceError) {
      try body()
      return true
    } catch {
      guard error.type.hasSuffix("#" + code) else { throw error }
      return false
    }
  }
}
