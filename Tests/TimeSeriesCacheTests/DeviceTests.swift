import CacheSupport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Devices' readings, in whatever shape they come.
@Suite(.timeLimit(.minutes(10))) struct DeviceTests {
  static let now = WriteHarness.now

  static func rule(_ variables: [String: String] = [:]) throws -> DeviceRule {
    try DeviceRule(ProcessEnvironment(variables))
  }

  static let measures: [(members: String, measures: String)] = [
    (#""sensors":{"t":21.5,"on":true,"s":"ok","n":5}"#, "n:5,on:true,s:'ok',t:21.5"),
    (#""measurements":{"t":1e2}"#, "t:100"), (#""measurement":7"#, "value:7"),
    (#""measurement":7,"metric_name":"rpm"# + #"""#, "rpm:7"), (#""measurement":7,"metric_name":null"#, "value:7"),
    (#""temperature":1,"vibration":-0.0"#, "temperature:1,vibration:0"),
    // A text that is a number is a text; what is null is not there; what describes the device is no value.
    (#""a":"5","b":null,"meta":{"x":1},"list":[1],"c":1"#, "a:'5',c:1"),
    // The one that is nearest to the sensors counts.
    (#""t":4,"measurement":3,"metric_name":"t","measurements":{"t":2,"u":2},"sensors":{"t":1}"#, "t:1,u:2"),
    (#""sensors":null,"x":1"#, "x:1"), (#""big":9223372036854775807"#, "big:9.223372036854776e+18"),
  ]

  @Test("One rule finds the values, wherever a device has them", arguments: measures.indices) func values(index: Int)
    throws
  {
    let (members, expected) = Self.measures[index]
    let json = try JSON(parsing: #"{"device_id":"d1",\#(members)}"#)
    let reading = try Self.rule().reading(json, arrival: 1000)
    let found = reading.sample.measures.map { "\($0.name):\(WriteHarness.text($0.value))" }.joined(separator: ",")
    #expect(found == expected)
    #expect(reading.key.text == "sensors,device_id=d1,location=unknown")
    #expect(reading.sample.time == 1000)
  }

  @Test("Whole numbers are as they are configured, by how they are written")
  func integers() throws {
    let json = try JSON(parsing: #"{"device_id":7,"a":10,"b":10.0,"c":1e1,"d":-0,"e":true}"#)
    func text(_ rule: DeviceRule) throws -> String {
      try rule.reading(json, arrival: 1).sample.measures.map { "\($0.name):\(WriteHarness.text($0.value))" }.joined(
        separator: ",")
    }
    #expect(try text(Self.rule()) == "a:10,b:10,c:10,d:0,e:true")
    #expect(try text(Self.rule(["DEVICE_INTEGERS": "bigint"])) == "a:10i,b:10,c:10,d:0i,e:true")
  }

  @Test("Tags are those that are configured and there") func tags() throws {
    let json = try JSON(
      parsing:
        #"{"device_id":"d 1","location":"hall","device_type":"x","facility":true,"manufacturer":"","line":4,"v":1}"#)
    #expect(
      try Self.rule().reading(json, arrival: 1).key.text
        == #"sensors,device_id=d\ 1,device_type=x,facility=true,location=hall"#)
    let rule = try Self.rule(["DEVICE_TAGS": "line, device_id", "DEVICE_MEASUREMENT": "machines"])
    let reading = try rule.reading(json, arrival: 1)
    #expect(reading.key.text == #"machines,device_id=d\ 1,line=4"#)
    #expect(reading.sample.measures.map(\.name) == ["device_type", "facility", "location", "manufacturer", "v"])
  }

  static let times: [(json: String, milliseconds: Int64, nanoseconds: Int32)] = [
    (#""timestamp":"2026-11-21T20:30:00Z""#, 1_795_293_000_000, 0),
    (#""time":"2026-11-21T21:30:00.123456789+01:00""#, 1_795_293_000_123, 456_789),
    (#""timestamp":"2026-11-21 20:30:00""#, 1_795_293_000_000, 0), (#""timestamp":1795293000"#, 1_795_293_000_000, 0),
    (#""timestamp":"1795293000""#, 1_795_293_000_000, 0), (#""timestamp":1795293000123"#, 1_795_293_000_123, 0),
    (#""timestamp":1795293000123456"#, 1_795_293_000_123, 456_000),
    (#""timestamp":1795293000123456789"#, 1_795_293_000_123, 456_789),
    (#""timestamp":1795293000.25"#, 1_795_293_000_250, 0), (#""time":0"#, 0, 0), (#""time":-1"#, -1000, 0),
    (#""time":-1500000000000001"#, -1_500_000_000_001, 999_000), (#""timestamp":null,"time":5"#, 5000, 0),
    (#""timestamp":6,"time":5"#, 6000, 0), (#""timestamp":null"#, 1000, 0), (#""v2":1"#, 1000, 0),
  ]

  @Test("A reading's own time counts, in any usual form", arguments: times.indices) func time(index: Int) throws {
    let (members, milliseconds, nanoseconds) = Self.times[index]
    let json = try JSON(parsing: #"{"device_id":"d","v":1,\#(members)}"#)
    let sample = try Self.rule().reading(json, arrival: 1000).sample
    #expect(sample.time == milliseconds)
    #expect(sample.nanoseconds == nanoseconds)
    #expect(!sample.measures.contains { ["time", "timestamp"].contains($0.name) })
  }

  static let faults: [(json: String, reason: String)] = [
    ("5", "a reading must be an object"), (#"{"v":1}"#, "the reading has no 'device_id'"),
    (#"{"device_id":"","v":1}"#, "the reading has no 'device_id'"),
    (#"{"device_id":{},"v":1}"#, "'device_id' is a tag"),
    (#"{"device_id":"d"}"#, "no value that can be written"),
    (#"{"device_id":"d","sensors":{}}"#, "no value that can be written"),
    (#"{"device_id":"d","sensors":[1]}"#, "'sensors' must be an object"),
    (
      #"{"device_id":"d","sensors":{"t":{"v":1}}}"#,
      "'t' of 'sensors' must be a number, a boolean or a text, not an object"
    ),
    (#"{"device_id":"d","measurement":1,"metric_name":5}"#, "'metric_name' must be a text"),
    (#"{"device_id":"d","v":1e999}"#, "'v' is too large for a double"),
    (#"{"device_id":"d","":1}"#, "a value has no name"),
    (#"{"device_id":"d","v":1,"timestamp":"soon"}"#, "the time is not understood"),
    (#"{"device_id":"d","v":1,"timestamp":true}"#, "the time is not understood"),
    (#"{"device_id":"d","v":1,"time":1e300}"#, "the time is not understood"),
    (#"{"device_id":"d","v":1,"time":92233720368547758070}"#, "the time is not understood"),
  ]

  @Test("A reading that cannot be read says why", arguments: faults.indices) func fault(index: Int) throws {
    let (text, reason) = Self.faults[index]
    let json = try JSON(parsing: text)
    #expect { try Self.rule().reading(json, arrival: 1000) } throws: { "\($0)".contains(reason) }
  }

  @Test(
    "Variables that cannot be meant are refused by name",
    arguments: [["DEVICE_TAGS": "a,a"], ["DEVICE_TAGS": ","], ["DEVICE_INTEGERS": "int"]])
  func variables(_ variables: [String: String]) {
    #expect { try Self.rule(variables) } throws: { error in variables.keys.allSatisfy { "\(error)".contains($0) } }
  }

  static let reading = #"{"device_id":"d1","sensors":{"t":21.5},"timestamp":\#(now - 5000)}"#
  static let series = "sensors,device_id=d1,location=unknown"

  /// The four shapes of one reading, and a notification that a topic puts on a queue.
  static let shapes: [String] = [
    reading, "[\(reading)]",
    (["Records": [["messageId": "m0", "eventSource": "aws:sqs", "body": .string(reading)]]] as JSON).text,
    (["Records": [["messageId": "m0", "eventSource": "aws:sqs", "body": .string("[\(reading)]")]]] as JSON).text,
    ([
      "Records": [
        [
          "EventSource": "aws:sns",
          "Sns": [
            "MessageId": "m", "TopicArn": "t", "Message": .string(reading), "Timestamp": "2027-01-15T08:00:00.000Z",
          ],
        ]
      ]
    ] as JSON).text,
    ([
      "Records": [
        [
          "messageId": "m0", "eventSource": "aws:sqs",
          "body": .string((["Type": "Notification", "TopicArn": "t", "Message": .string(reading)] as JSON).text),
        ]
      ]
    ] as JSON).text,
  ]

  @Test("The same reading is written whatever shape it comes in", arguments: shapes.indices) func shape(index: Int)
    async throws
  {
    try await WriteHarness.with { harness async throws in
      _ = try await harness.handler.handle(Array(Self.shapes[index].utf8), harness.context)
      #expect(try await harness.rows(Self.series) == ["-5000=t:21.5"])
      #expect(try await harness.entry(Self.series)?.bucket == DeviceRule.bucket)
    }
  }

  @Test("More than a hundred readings are all written, and two of one instant are one") func many() async throws {
    try await WriteHarness.with { harness async throws in
      var readings = (0..<250).map { #"{"device_id":"d\#($0 % 2)","v":\#($0),"time":\#(Self.now - 1 - Int64($0))}"# }
      readings.append(#"{"device_id":"d0","v":1000,"w":1,"time":\#(Self.now - 1)}"#)
      let answer = try await harness.handler.handle(Array("[\(readings.joined(separator: ","))]".utf8), harness.context)
      #expect(try JSON(parsing: answer) == ["written": 250])
      for device in 0..<2 {
        #expect(try await harness.rows("sensors,device_id=d\(device),location=unknown").count == 125)
      }
      #expect(try await harness.rows("sensors,device_id=d0,location=unknown").last == "-1=v:1000,w:1")
    }
  }

  @Test("What could not be written fails the event, and is never called a success") func failures() async throws {
    let isBroken = ManualClock(0)
    try await WriteHarness.with(answer: { target, _ in
      target.hasSuffix("WriteRecords") && isBroken.now == 1 ? .refusal(500, "InternalServerException") : nil
    }) { harness async throws in
      func failure(_ event: String) async -> String {
        do {
          _ = try await harness.handler.handle(Array(event.utf8), harness.context)
          return ""
        } catch { return "\(error)" }
      }
      let mixed = await failure("[\(Self.reading),{\"device_id\":\"d2\"},{\"device_id\":\"d3\",\"v\":1,\"time\":1}]")
      #expect(mixed.contains("2 readings were not written: reading 1: the reading has no value"))
      #expect(mixed.contains("reading 2: "))
      // The good one is written.
      #expect(try await harness.rows(Self.series) == ["-5000=t:21.5"])
      #expect(await failure("{\"device_id\":").contains("not JSON"))
      #expect(await failure("5").contains("a reading must be an object"))
      #expect(await failure("").contains("not JSON"))
      isBroken.advance(1)
      #expect(await failure(Self.reading).contains("a store failed"))
      for shape in [4] { #expect(await failure(Self.shapes[shape]).contains("a store failed")) }
      #expect(try await harness.deliver([Self.reading]) == ["m0"])
    }
  }

  @Test("Of a queue's readings the bad ones go to the dead-letter queue, the others are written") func letters()
    async throws
  {
    try await WriteHarness.with { harness async throws in
      let failed = try await harness.deliver([
        "[\(Self.reading),{\"device_id\":\"d1\",\"x\":[]},{\"device_id\":\"d1\",\"v\":2,\"time\":\"2001-01-01\"}]",
        "{}",
        #"{"device_id":"d4","v":4}"#,
      ])
      #expect(failed == [])
      #expect(try await harness.rows(Self.series) == ["-5000=t:21.5"])
      // Without a time of its own it is that of its sending, however often it is delivered.
      #expect(try await harness.rows("sensors,device_id=d4,location=unknown") == ["0=v:4"])
      let letters = try await harness.receive("DeadLetterQueueUrl").map { try JSON(parsing: $0) }
      let first = try #require(letters.first { $0["messageId"] == "m0" })
      #expect(letters.count == 2)
      #expect(first["readings"]?.array?.count == 2)
      #expect(first["reasons"]?.array?.count == 2)
      #expect(harness.log.metric(.pointsRejected) == 3)
    }
  }
}
