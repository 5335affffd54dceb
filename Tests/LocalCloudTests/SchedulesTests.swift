import AWSClients
import CacheSupport
import TestSupport
import Testing

@testable import LocalCloud

/// Rules and schedules: when they are due, what they send, and whom.
@Suite struct SchedulesTests {
  static let minute: Int64 = 60_000

  @Test(
    "A rate counts from its beginning, one time comes once, and cron goes by the clock",
    arguments: [
      ("rate(5 minutes)", 1000, 1000, 301_000), ("rate(5 minutes)", 1000, 300_999, 301_000),
      ("rate(5 minutes)", 1000, 301_000, 601_000), ("rate(1 minute)", 0, 3_600_001, 3_660_000),
      // The clock has been set back.
      ("rate(1 hour)", 5000, 0, 3_605_000),
      ("at(1970-01-01T00:01:00)", 0, 59_999, 60_000), ("at(1970-01-01T00:01:00)", 0, 60_000, nil),
      ("at(2024-02-29T23:59:59)", 0, 0, 1_709_251_199_000), ("cron(* * * * ? *)", 17, 61_000, 120_000),
    ] as [(String, Int64, Int64, Int64?)])
  func times(text: String, beginning: Int64, instant: Int64, due: Int64?) throws {
    #expect(try ScheduleTimes(text).next(after: instant, beginning: beginning) == due)
  }

  @Test(
    "What is no expression is refused",
    arguments: [
      "at(2023-02-29T00:00:00)", "at(2024-01-01 00:00:00)", "at(2024-01-01T00:00:00", "at(2024-01-01T00:00:00Z)",
      "at()",
      "at(+024-01-01T00:00:00)", "at(٢٠٢٤-01-01T00:00:00)", "rate(0 minutes)", "every day", "",
    ])
  func refusals(text: String) { #expect(throws: ScheduleTimes.Failure.self) { try ScheduleTimes(text) } }

  static let template = """
    Resources:
      Q: { Type: AWS::SQS::Queue, Properties: { QueueName: ticks } }
      R:
        Type: AWS::Events::Rule
        Properties:
          Name: rule
          ScheduleExpression: cron(* * * * ? *)
          Targets: [{ Id: a, Arn: !GetAtt Q.Arn }, { Id: b, Arn: !GetAtt Q.Arn, Input: '{"own": 1}' }]
      S:
        Type: AWS::Scheduler::Schedule
        Properties:
          Name: once
          ScheduleExpression: at(2027-01-15T08:01:00)
          FlexibleTimeWindow: { Mode: 'OFF' }
          Target: { Arn: !GetAtt Q.Arn, RoleArn: 'arn:aws:iam::000000000000:role/r' }
      Off:
        Type: AWS::Scheduler::Schedule
        Properties:
          ScheduleExpression: rate(1 minute)
          State: DISABLED
          FlexibleTimeWindow: { Mode: FLEXIBLE, MaximumWindowInMinutes: 5 }
          Target: { Arn: !GetAtt Q.Arn, RoleArn: r, Input: plain words }
    Outputs:
      Rule: { Value: !Join [' ', [!Ref R, !GetAtt R.Arn]] }
      Schedule: { Value: !Join [' ', [!Ref S, !GetAtt S.Arn]] }
    """

  @Test("A wait looks at the clock each minute, and ends when that shows the time, whatever the machine did meanwhile")
  func waits() async throws {
    let time = ManualClock(0)
    let pauses = Recorder<Duration>()
    // How far the clock goes in each pause: as it should, set back, and on, after the machine has slept.
    let steps: [Int64] = [60_000, -30_000, 3_500_000, 60_000, 9_999, 1]
    try await SchedulesService.wait(until: 3_600_000, on: time.clock) { pause in
      time.advance(steps[pauses.elements.count])
      pauses.append(pause)
    }
    #expect(pauses.elements == [60_000, 60_000, 60_000, 60_000, 10_000, 1].map { .milliseconds($0) })
    try await SchedulesService.wait(until: 3_600_000, on: time.clock) { _ in Issue.record("It is due") }
  }

  @Test("What is due comes once, as EventBridge and its Scheduler send it, to the target") func sends() async throws {
    // A moment before the minute at which all are due.
    let time = ManualClock(1_800_000_059_980)
    try await TestCloud.with(
      clock: time.clock, polls: true,
      configure: { $0.template = TemplateFile(name: "t", text: Self.template) }
    ) { cloud in
      time.advance(20)
      #expect(cloud.output("Rule") == "rule arn:aws:events:us-east-1:000000000000:rule/rule")
      #expect(cloud.output("Schedule") == "once arn:aws:scheduler:us-east-1:000000000000:schedule/default/once")
      #expect(cloud.cloud.plan.contains("rate(1 minute), to ticks, disabled"))
      let queues = SQSClient(cloud.client)
      let queue = try await queues.queueURL(named: "ticks")
      var bodies: [String] = []
      #expect(
        try await eventually {
          bodies += try await queues.receiveMessages(from: queue, wait: 20).map(\.body)
          return bodies.count >= 3
        })
      #expect(bodies.filter { $0 == #"{"own": 1}"# }.count == 1)
      var events: [JSON] = []
      for body in bodies where body != #"{"own": 1}"# {
        var event = try #require(try JSON(parsing: body).object)
        #expect(event["id"]?.string?.count == 36)
        event["id"] = nil
        events.append(.object(event))
      }
      func expected(_ source: String, _ arn: String, _ detail: JSON) -> JSON {
        [
          "version": "0", "detail-type": "Scheduled Event", "source": .string(source), "account": "000000000000",
          "time": "2027-01-15T08:01:00Z", "region": "us-east-1",
          "resources": [.string("arn:aws:\(arn)")], "detail": detail,
        ]
      }
      let wanted = [
        expected("aws.events", "events:us-east-1:000000000000:rule/rule", [:]),
        expected("aws.scheduler", "scheduler:us-east-1:000000000000:schedule/default/once", "{}"),
      ]
      #expect(events.count == 2 && wanted.allSatisfy(events.contains))
    }
  }

  @Test("What has been sent is not sent again where the clock is set back") func setBack() async throws {
    let minute: Int64 = 1_800_000_060_000
    let time = ManualClock(minute - 20)
    let sent = Recorder<Int64>()
    await SchedulesService.follow(
      try ScheduleTimes("cron(* * * * ? *)"), beginning: 0, after: time.now, on: time.clock,
      pause: { duration in
        if sent.elements.count == 3 { throw CancellationError() }
        time.advance(Int64(duration / .milliseconds(1)))
      },
      send: { due in
        sent.append(due)
        // A moment before the minute, at which it is still due.
        time.advance(-30)
      })
    #expect(sent.elements == [minute, minute + 60_000, minute + 120_000])
  }

  /// Two functions, each with a schedule of the same name, and a rule.
  static let rules = """
    Resources:
      F: { Type: AWS::Serverless::Function, Properties: { FunctionName: f, CodeUri: a.zip, Events: { Tick: { Type: Schedule, Properties: { Schedule: rate(1 hour) } } } } }
      G: { Type: AWS::Serverless::Function, Properties: { FunctionName: g, CodeUri: a.zip, Events: { Tick: { Type: Schedule, Properties: { Schedule: rate(2 hours) } } } } }
      R: { Type: AWS::Events::Rule, Properties: { Name: rule, ScheduleExpression: rate(1 day) } }
    """

  @Test("Events of the same name in two functions are two rules") func sameEvents() throws {
    let stack = try TemplateTests.stack(Self.rules)
    let events = stack.all(FunctionResource.self).flatMap(\.schedules)
    #expect(events.map(\.name) == ["\(stack.name)-FTick", "\(stack.name)-GTick"])
    let storage = try Storage(folder: nil, schemas: [SchedulesService.schema])
    for now: Int64 in [100, 200] {
      let standing = try SchedulesService.standing(events, Account(), now: now, in: storage)
      #expect(standing.map(\.began) == [100, 100])
    }
  }

  @Test(
    "Two rules of one name are refused, whoever makes them",
    arguments: [
      [("Schedule: rate(1 hour)", "Schedule: rate(1 hour), Name: rule")],
      [("Schedule: rate(1 hour)", "Schedule: rate(1 hour), Name: x"), ("rate(2 hours)", "rate(2 hours), Name: x")],
    ])
  func sameRules(edits: [(String, String)]) {
    let text = edits.reduce(Self.rules) { $0.replacing($1.0, with: $1.1) }
    #expect { try TemplateTests.stack(text) } throws: { "\($0)".contains("two rules have the name '") }
  }

  @Test("A rate keeps its phase over a restart, until its expression changes") func phase() throws {
    let storage = try Storage(folder: nil, schemas: [SchedulesService.schema])
    func event(_ name: String, _ text: String) throws -> ScheduledEvent {
      ScheduledEvent(name: name, times: try ScheduleTimes(text), target: .queue("q"))
    }
    func beginnings(_ events: [ScheduledEvent], now: Int64) throws -> [Int64] {
      try SchedulesService.standing(events, Account(), now: now, in: storage).map(\.began)
    }
    let (a, b) = (try event("a", "rate(5 minutes)"), try event("b", "rate(1 hour)"))
    #expect(try beginnings([a], now: 100) == [100])
    #expect(try beginnings([b, a], now: 200) == [200, 100])
    #expect(try beginnings([event("a", "rate(6 minutes)"), b], now: 300) == [300, 200])
    // One that was not there for a run begins anew.
    #expect(try beginnings([], now: 400) == [])
    #expect(try beginnings([a, b], now: 500) == [500, 500])
  }

  @Test(
    "A template's mistakes are told with their place",
    arguments: [
      ("!GetAtt Q.Arn }, { Id: b", "!GetAtt Q.Arn }, { Id: a", "R.Targets: two targets have the Id 'a'"),
      (
        "Name: once\n      ScheduleExpression: at(2027-01-15T08:01:00)",
        "Name: once\n      ScheduleExpression: at(noon)",
        "ScheduleExpression of S: 'at(noon)' is not at(yyyy-mm-ddThh:mm:ss)"
      ),
      ("Input: '{\"own\": 1}'", "Input: '{'", "Input of R.Targets is no JSON"),
      (
        "Name: rule", "Name: rule\n      EventPattern: {}",
        "R: the local cloud does not emulate the property EventPattern"
      ),
      ("FlexibleTimeWindow: { Mode: 'OFF' }", "GroupName: g", "S has no FlexibleTimeWindow"),
      (
        "{ Id: a, Arn: !GetAtt Q.Arn }", "{ Id: a, Arn: 'arn:aws:lambda:r:1:function:no' }",
        "the rule rule sends to the function 'no', which the stack does not have"
      ),
      (
        "{ Id: a, Arn: !GetAtt Q.Arn }", "{ Id: a, Arn: 'arn:aws:sns:r:1:topic' }",
        "R.Targets: 'arn:aws:sns:r:1:topic' is the ARN of neither a queue nor a function"
      ),
      ("Mode: 'OFF' }", "Mode: 'OFF' }\n      ScheduleExpressionTimezone: Asia/Tokyo", "the local cloud knows UTC"),
    ])
  func mistakes(old: String, new: String, words: String) {
    #expect(Self.template.ranges(of: old).count == 1)
    let text = Self.template.replacing(old, with: new)
    #expect { try TemplateTests.stack(text) } throws: { "\($0)".contains(words) }
  }
}
