import CacheSupport

extension Stack {
  /// What is stood up, one line each, for people.
  var plan: String {
    var lines: [String] = ["Stack \(name)", "", "Stands up"]
    func add(_ kind: String, _ name: String, _ details: String...) {
      let details = details.filter { !$0.isEmpty }.joined(separator: ", ")
      lines.append("  " + kind.padded(18) + name.padded(40) + details)
    }
    for table in tables {
      let keys = [table.hash, table.range].compactMap(\.self).map { "\($0.name) (\($0.type))" }
      add(
        "DynamoDB table", table.name, "key \(keys.joined(separator: ", "))",
        table.timeToLive.map { "expires by \($0)" } ?? "")
    }
    for queue in queues {
      add(
        "SQS queue", queue.name, queue.attributes["VisibilityTimeout"].map { "visibility \($0) s" } ?? "",
        queue.attributes["MessageRetentionPeriod"].map { "kept \($0) s" } ?? "",
        queue.deadLetters.map { "after \($0.maxReceiveCount) tries to \($0.queue)" } ?? "")
    }
    for database in databases { add("Timestream", database) }
    for table in historyTables {
      add(
        "Timestream table", "\(table.database).\(table.name)", "memory \(table.memoryHours) h",
        "magnetic \(table.magneticDays) d", table.takesLateRecords ? "takes late records" : "")
    }
    for parameter in parameters { add("SSM parameter", parameter.name, parameter.type) }
    for function in functions {
      add(
        "Function", function.name, function.executable.split(separator: "/").last.map(String.init) ?? "",
        "\(function.timeout) s", "\(function.memory) MB", function.failureQueue.map { "failures to \($0)" } ?? "")
    }
    for source in eventSources {
      add(
        "Event source", source.function, "from \(source.queue)", "\(source.batchSize) a batch",
        "\(source.maximumConcurrency) at once", source.reportsFailures ? "partial batches" : "whole batches")
    }
    for rule in rules { add("Schedule", rule.name, rule.schedule.text, "to \(rule.function)") }
    for route in api?.routes ?? [] {
      add(
        "API route", "\(route.method) /\(api?.stage ?? "")\(route.path)", "to \(route.function)",
        "payload \(route.payload)")
    }
    lines += ["", "Is not emulated, and does nothing here"] + ignored.map { "  " + $0 }
    lines += ["", "Outputs"] + outputs.map { "  \($0.name.padded(24))\($0.value)" }
    return withoutSecrets(lines.joined(separator: "\n"))
  }

  /// What does nothing on this machine, a type a line.
  var ignored: [String] {
    ignoredResources.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.joined(separator: ", "))" }
      + ignoredProperties.sorted { $0.key < $1.key }.map {
        "\($0.key): the properties \($0.value.sorted().joined(separator: ", "))"
      }
  }
}

extension String {
  /// At least so wide, with a blank behind.
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
