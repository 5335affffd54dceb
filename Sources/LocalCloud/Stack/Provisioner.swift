import Basics

/// Creates what a stack has and the storage has not; what is there stays as it is.
struct Provisioner {
  let dynamoDB: DynamoDBService
  let sqs: SQSService
  let parameters: SSMService
  let store: TimestreamStore

  func provision(_ stack: Stack, at address: String) throws(ServiceError) {
    for table in stack.tables { try create(table) }
    for queue in stack.queues {
      var attributes = queue.attributes
      if let (name, count) = queue.deadLetters {
        let policy: JSON = ["deadLetterTargetArn": .string(sqs.messages.arn(name)), "maxReceiveCount": .integer(count)]
        attributes["RedrivePolicy"] = policy.text
      }
      try ignoring("QueueNameExists") { () throws(ServiceError) in try sqs.messages.create(queue.name, attributes) }
      try sqs.messages.setAttributes(try sqs.messages.queue(named: queue.name), attributes)
    }
    for history in stack.history { try create(history) }
    for parameter in stack.parameters where try parameters.value(of: parameter.name) == nil {
      try parameters.put(parameter.name, type: parameter.type, value: parameter.value)
    }
    try moveSampleSource(to: address)
  }

  private func create(_ table: Stack.Table) throws(ServiceError) {
    let keys = [table.hash] + (table.range.map { [$0] } ?? [])
    let input: JSONObject = [
      "TableName": .string(table.name), "BillingMode": "PAY_PER_REQUEST",
      "AttributeDefinitions": .array(
        keys.map { ["AttributeName": .string($0.name), "AttributeType": .string($0.type)] }),
      "KeySchema": .array(
        zip(keys, ["HASH", "RANGE"]).map { ["AttributeName": .string($0.0.name), "KeyType": .string($0.1)] }),
    ]
    let isNew = try ignoring("ResourceInUseException") { () throws(ServiceError) in _ = try dynamoDB.createTable(input)
    }
    guard isNew, let attribute = table.timeToLive else { return }
    _ = try dynamoDB.call(
      "UpdateTimeToLive",
      [
        "TableName": .string(table.name),
        "TimeToLiveSpecification": ["AttributeName": .string(attribute), "Enabled": true],
      ], ServerRequest(method: "POST", path: "/"))
  }

  private func create(_ history: Stack.History) throws(ServiceError) {
    try ignoring("ConflictException") { () throws(ServiceError) in
      var input = Input(["DatabaseName": .string(history.database)])
      _ = try store.createDatabase(&input)
    }
    try ignoring("ConflictException") { () throws(ServiceError) in
      var input = Input([
        "DatabaseName": .string(history.database), "TableName": .string(history.table),
        "RetentionProperties": [
          "MemoryStoreRetentionPeriodInHours": .integer(history.memoryHours),
          "MagneticStoreRetentionPeriodInDays": .integer(history.magneticDays),
        ],
        "MagneticStoreWriteProperties": ["EnableMagneticStoreWrites": true],
      ])
      _ = try store.createTable(&input)
    }
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

  /// The port may be another than last time: the sample source follows it, every other source stays.
  private func moveSampleSource(to address: String) throws(ServiceError) {
    guard let text = try parameters.value(of: Stack.sourcesParameter), let json = try? JSON(parsing: text),
      var sources = json.object, let url = sources["default"]?["url"]?.string, url.contains(SampleSource.path),
      var description = sources["default"]?.object, let current = Stack.sampleSources(at: address)["default"]?["url"]
    else { return }
    guard description["url"] != current else { return }
    description["url"] = current
    sources["default"] = .object(description)
    try parameters.put(Stack.sourcesParameter, type: "String", value: JSON.object(sources).text)
  }
}
