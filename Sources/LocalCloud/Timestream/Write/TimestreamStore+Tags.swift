import CacheSupport
import SQLiteStore

extension TimestreamStore {
  /// The ARN of a request.
  private func arn(_ input: inout Input) throws(ServiceError) -> String {
    let arn = try input.string("ResourceARN", required: true, length: 1...1011) ?? ""
    try input.check()
    return arn
  }

  /// - Throws: where the ARN names nothing that is here.
  private func check(_ arn: String, _ connection: Connection) throws(ServiceError) {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 6, parts[0] == "arn", parts[2] == "timestream" else {
      throw .timestream("ValidationException", "Invalid ARN: \(arn)")
    }
    guard parts[1] == "aws", parts[3] == account.region, parts[4] == account.id else { throw Self.noResource(arn) }
    let path = parts[5].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    switch path.count {
    case 2 where path[0] == "database": _ = try database(path[1], connection)
    case 4 where path[0] == "database" && path[2] == "table": _ = try table(path[1], path[3], connection)
    case 2... where path[0] == "scheduled-query":
      let row = try storing {
        try connection.row("SELECT 1 FROM timestream_scheduled_queries WHERE arn = ?", .text(arn))
      }
      guard row != nil else {
        throw .timestream("ResourceNotFoundException", "The scheduled query \(arn) does not exist.")
      }
    default: throw .timestream("ValidationException", "Invalid ARN: \(arn)")
    }
  }

  private static func noResource(_ arn: String) -> ServiceError {
    .timestream("ResourceNotFoundException", "The resource \(arn) does not exist.")
  }

  func tagResource(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let tags = try tags(&input, required: true)
    let arn = try arn(&input)
    return .writing { [self] connection throws(ServiceError) in
      try check(arn, connection)
      try put(tags, on: arn, connection)
      return Answer([:])
    }
  }

  /// The tags of a request.
  func tags(_ input: inout Input, required: Bool) throws(ServiceError) -> [(key: String, value: String)] {
    var tags: [(key: String, value: String)] = []
    let elements = try input.array("Tags", required: required, count: 0...200) ?? []
    for var tag in try input.structures(elements, of: "Tags") {
      let key = try tag.string("Key", required: true, length: 1...128) ?? ""
      let value = try tag.string("Value", required: true, length: 0...256) ?? ""
      input.absorb(tag)
      tags.append((key, value))
    }
    return tags
  }

  /// Puts tags beside those that are there, as a part of another write.
  func put(
    _ tags: [(key: String, value: String)], on arn: String, _ connection: Connection
  ) throws(ServiceError) {
    guard !tags.isEmpty else { return }
    let count = try storing {
      for (key, value) in tags {
        try connection.run(
          "INSERT OR REPLACE INTO timestream_tags VALUES (?, ?, ?)", .text(arn), .text(key), .text(value))
      }
      return try connection.row("SELECT count(*) FROM timestream_tags WHERE arn = ?", .text(arn))?[0].integer
    }
    guard count ?? 0 <= 200 else {
      throw .timestream("ServiceQuotaExceededException", "A resource has at most 200 tags.")
    }
  }

  func untagResource(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let keys = try (try input.array("TagKeys", required: true, count: 0...200) ?? []).map { key throws(ServiceError) in
      guard let key = key.string else {
        throw .coral("SerializationException", "NUMBER_VALUE cannot be converted to String", messageName: "Message")
      }
      return key
    }
    let arn = try arn(&input)
    return .writing { [self] connection throws(ServiceError) in
      try check(arn, connection)
      try storing {
        for key in keys {
          try connection.run("DELETE FROM timestream_tags WHERE arn = ? AND key = ?", .text(arn), .text(key))
        }
      }
      return Answer([:])
    }
  }

  func listTags(_ input: inout Input) throws(ServiceError) -> Operation.Step {
    let limit = try input.integer("MaxResults", in: 1...200) ?? 200
    let start = try ListToken.read(&input)[0]
    let arn = try arn(&input)
    return .reading { [self] connection throws(ServiceError) in
      try check(arn, connection)
      let rows = try storing {
        try connection.rows(
          "SELECT key, value FROM timestream_tags WHERE arn = ? AND key > ? ORDER BY key LIMIT ?", .text(arn),
          .text(start), .integer(limit + 1))
      }
      return Self.page(rows, limit, "Tags", token: { ListToken.make($0[0].text ?? "") }) {
        ["Key": .string($0[0].text ?? ""), "Value": .string($0[1].text ?? "")]
      }
    }
  }
}
