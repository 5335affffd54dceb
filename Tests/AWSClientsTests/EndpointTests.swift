import CacheSupport
import TestSupport
import Testing

@testable import AWSClients

@Suite(.timeLimit(.minutes(1))) struct EndpointDiscoveryTests {
  static let minute: Int64 = 60_000

  /// What `DescribeEndpoints` answers; nil fails with the code.
  static func answer(_ address: String?, minutes: Int = 1440, code: AWSError.Code = "Throttling") throws(AWSError)
    -> JSON
  {
    guard let address else { throw AWSError(code, "no", operation: "DescribeEndpoints") }
    return ["Endpoints": [["Address": .string(address), "CachePeriodInMinutes": .integer(minutes)]]]
  }

  @Test("An endpoint is found anew in the last tenth of its time, beside the requests") func ahead() async throws {
    let clock = ManualClock(1_800_000_000_000)
    let discovery = EndpointDiscovery(clock: clock.clock, random: { 0 })
    let asked = Recorder<Int>()
    @Sendable func endpoint() async throws(AWSError) -> String {
      try await discovery.endpoint(.timestreamQuery) { () async throws(AWSError) in
        asked.append(0)
        return try Self.answer("cell\(asked.elements.count).test", minutes: 10)
      }
    }
    #expect(
      Set(try await mapConcurrently(0..<20, limit: 20) { _ async throws(AWSError) in try await endpoint() })
        == ["https://cell1.test"])
    clock.advance(9 * Self.minute - 1)
    #expect(try await endpoint() == "https://cell1.test")
    #expect(asked.elements.count == 1)
    clock.advance(1)
    #expect(try await endpoint() == "https://cell1.test")
    clock.advance(Self.minute)
    #expect(try await endpoint() == "https://cell2.test")
    discovery.forget(.timestreamQuery)
    discovery.forget(.sqs)
    #expect(try await endpoint() == "https://cell3.test")
    #expect(asked.elements.count == 3)
  }

  @Test("An old endpoint stays in use while no new one can be had, tried each minute, for a day") func stale()
    async throws
  {
    let clock = ManualClock(1_800_000_000_000)
    let discovery = EndpointDiscovery(clock: clock.clock, random: { 0 })
    let asked = Recorder<Int>()
    @Sendable func endpoint() async throws(AWSError) -> String {
      try await discovery.endpoint(.timestreamWrite) { () async throws(AWSError) in
        asked.append(0)
        return try Self.answer(asked.elements.count == 1 ? "http://cell.test" : nil)
      }
    }
    _ = try await endpoint()
    clock.advance(1440 * Self.minute)
    for _ in 0..<5 { #expect(try await endpoint() == "http://cell.test") }
    #expect(asked.elements.count == 2)
    clock.advance(24 * 60 * Self.minute)
    await #expect { try await endpoint() } throws: { ($0 as? AWSError)?.code == "Throttling" }
  }

  @Test("An answer without an endpoint is an error that says so") func empty() async {
    let discovery = EndpointDiscovery(clock: .fixed(0))
    for answer in [[:], ["Endpoints": []], ["Endpoints": [["Address": ""]]]] as [JSON] {
      await #expect {
        try await discovery.endpoint(.timestreamQuery) { () async throws(AWSError) in answer }
      } throws: { ($0 as? AWSError)?.code == .unexpectedAnswer }
    }
  }
}
