import CacheSupport

/// A scheduled query: what was asked for, and how its runs went.
struct ScheduledQuery: Sendable {
  let arn: String
  let name: String
  /// The members of CreateScheduledQuery that Describe gives back.
  let request: JSONObject
  var isEnabled: Bool
  let createdAt: Int64
  /// Scheduled times, epoch milliseconds.
  var previous: Int64?
  var next: Int64?
  var lastRun: JSON?
  /// The last five that failed.
  var failedRuns: [JSON] = []

  static let failedRunLimit: Int = 5

  var sql: String { request["QueryString"]?.string ?? "" }

  /// It was read before, when the query was made.
  var schedule: Schedule? {
    try? Schedule(request["ScheduleConfiguration"]?["ScheduleExpression"]?.string ?? "")
  }

  /// The first scheduled time after another that is not over yet; nil where there is none.
  func next(after due: Int64, now: Int64) -> Int64? {
    guard let schedule, let next = schedule.next(after: due) else { return nil }
    return next > now ? next : schedule.next(after: now, from: due)
  }

  static func seconds(_ milliseconds: Int64) -> JSON { .double(Double(milliseconds) / 1000) }

  private var times: JSONObject {
    var times: JSONObject = [
      "CreationTime": Self.seconds(createdAt), "State": .string(isEnabled ? "ENABLED" : "DISABLED"),
    ]
    times["PreviousInvocationTime"] = previous.map(Self.seconds)
    times["NextInvocationTime"] = isEnabled ? next.map(Self.seconds) : nil
    return times
  }

  /// As DescribeScheduledQuery shows it.
  var description: JSON {
    var json = request
    json["Arn"] = .string(arn)
    for member in times.members { json[member.name] = member.value }
    json["LastRunSummary"] = lastRun
    json["RecentlyFailedRuns"] = .array(failedRuns)
    return .object(json)
  }

  /// As ListScheduledQueries shows it.
  var summary: JSON {
    var json: JSONObject = ["Arn": .string(arn), "Name": .string(name)]
    for member in times.members { json[member.name] = member.value }
    json["ErrorReportConfiguration"] = request["ErrorReportConfiguration"]
    if let target = request["TargetConfiguration"]?["TimestreamConfiguration"] {
      json["TargetDestination"] = [
        "TimestreamDestination": [
          "DatabaseName": target["DatabaseName"] ?? "", "TableName": target["TableName"] ?? "",
        ]
      ]
    }
    json["LastRunStatus"] = lastRun?["RunStatus"]
    return .object(json)
  }
}
