import CacheSupport
import Testing

@Suite struct ScheduleTests {
  static let schedules: [(text: String, after: String, next: String?)] = [
    ("cron(0 1 * * ? *)", "2026-11-20T00:59:59Z", "2026-11-20T01:00:00Z"),
    ("cron(0 1 * * ? *)", "2026-11-20T01:00:00Z", "2026-11-21T01:00:00Z"),
    ("cron(0/15 8-17 ? * MON-FRI *)", "2026-11-20T17:45:00Z", "2026-11-23T08:00:00Z"),
    ("cron(30 10 29 2 ? *)", "2026-11-20T00:00:00Z", "2028-02-29T10:30:00Z"),
    ("cron(0 0 ? * 1 *)", "2026-11-20T00:00:00Z", "2026-11-22T00:00:00Z"),
    ("cron(0 0 1 1 ? 2020)", "2026-11-20T00:00:00Z", nil),
    ("cron(0 0 L * ? *)", "2026-11-20T00:00:00Z", "2026-11-30T00:00:00Z"),
    ("cron(0 0 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T00:00:00Z"),
    ("cron(0 0 1W * ? *)", "2026-07-31T00:00:00Z", "2026-08-03T00:00:00Z"),
    ("cron(0 0 31W * ? *)", "2027-01-01T00:00:00Z", "2027-01-29T00:00:00Z"),
    ("cron(0 0 20W * ? *)", "2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"),
    ("cron(0 0 ? * 6#3 *)", "2026-11-20T00:00:01Z", "2026-12-18T00:00:00Z"),
    ("cron(0 0 ? * FRI#3 *)", "2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z"),
    ("cron(0 0 ? * 6L *)", "2026-11-20T00:00:00Z", "2026-11-27T00:00:00Z"),
    ("cron(0 0 ? * L *)", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    ("rate(5 minutes)", "2026-11-20T00:00:00Z", "2026-11-20T00:05:00Z"),
  ]

  @Test("Schedules fire when EventBridge's would", arguments: schedules.indices)
  func schedule(index: Int) throws {
    let (text, after, next) = Self.schedules[index]
    let instant = try #require(ISO8601Time(after)).epochMilliseconds()
    #expect(try Schedule(text).next(after: instant).map { UTCTime(epochMilliseconds: $0).iso8601Text } == next)
  }

  @Test(
    "What is no schedule is refused",
    arguments: [
      "", "daily", "rate(0 minutes)", "rate(1 minutes)", "rate(5 minute)", "cron(0 1 * * * *)", "cron(60 1 * * ? *)",
      "cron(0 0 32W * ? *)", "cron(0 0 ? * 6#6 *)", "cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 ? * 8L *)",
      "cron(0 1 * * ?)", "cron(0 5-3 * * ? *)", "cron(0 0/0 * * ? *)",
    ])
  func badSchedule(text: String) { #expect(throws: Schedule.Failure.self) { try Schedule(text) } }

  @Test(
    "After a time in which nobody looked, the times are those that they would have been",
    arguments: [
      ("rate(5 minutes)", 0, 0, 300_000), ("rate(5 minutes)", 0, 299_999, 300_000),
      ("rate(5 minutes)", 0, 300_000, 600_000), ("rate(5 minutes)", 7, 300_006, 300_007),
      ("rate(5 minutes)", 7, -1_000_000, 300_007), ("rate(1 minute)", 1, 253_402_300_799_999, 253_402_300_800_001),
      ("cron(0 * * * ? *)", 7, 3_600_000, 7_200_000),
    ] as [(String, Int64, Int64, Int64)])
  func late(text: String, start: Int64, after: Int64, next: Int64) throws {
    #expect(try Schedule(text).next(after: after, from: start) == next)
  }
}
