import AWSClients
import CacheSupport
import HTTPTransport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The five recorded answers, each from its description to the API's rows, on the day of the recording.
@Suite(.enabled(if: SharedData.isPresent, "the recorded answers are not beside this checkout"))
struct RecordedSourceTests {
  @Test("A recorded answer hydrates the cache", arguments: SourceTests.recorded.map(\.name))
  func hydrates(name: String) async throws {
    let recorded = try #require(SourceTests.recorded.first { $0.name == name })
    let description = try #require(SourceTests.descriptions[name])
    let body = try SharedData.bytes("sources/\(name).json")
    // The middle of the recording, so that a part of it is history and the rest forecast.
    let now = (recorded.first.time + recorded.last.time) / 2
    try await TestCloud.with(clock: .fixed(now), polls: false) { cloud async throws in
      let item: Item = ["identifier": .s("s"), "source": .s(name), "lat": .n("56.78"), "lon": .s("-7.63")]
      try await DynamoDBClient(cloud.client).putItem(item, into: cloud.output("IdentifierTableName"))
      let asked = Recorder<HTTPRequest>()
      let http = RoutedHTTP(real: cloud.http, isSource: { !$0.hasPrefix("http://127.0.0.1") }) { request in
        asked.append(request)
        // The archive's second page is older than anything that was asked for.
        return asked.elements.count == 1
          ? HTTPResponse(status: 200, body: body)
          : .json(200, #"{"results":[{"valid_from":"2019-01-01T00:00:00Z","value_inc_vat":1}]}"#)
      }
      let environment = cloud.environment.merging(["SOURCES": (.object([name: description]) as JSON).text])
      let handler = try FetchHandler(environment: environment, http: http, clock: .fixed(now))
      let report = await handler.fetch(try Identifier("s"))
      #expect(report.failure == nil)
      #expect(report.read?.faults.count == 0)
      #expect(report.read?.missingMeasures == [])

      let range = try #require(TimeRange(from: recorded.first.time, to: recorded.last.time))
      let page = try await cloud.reader(now: now).page(of: Series(try Identifier("s")), in: range, limit: 1000)
      #expect(page.rows.count == recorded.count)
      #expect(page.rows.first.map { Sample(time: $0.time, measures: $0.measures) } == recorded.first)
      #expect(page.rows.last.map { Sample(time: $0.time, measures: $0.measures) } == recorded.last)
      #expect(page.rows.allSatisfy { ($0.origin == .history) == ($0.time < now) })
      #expect(page.rows.contains { $0.origin == .history } && page.rows.contains { $0.origin == .forecast })
      let first = try #require(asked.elements.first)
      if name == "climacell" {
        #expect(first.url == "https://api.example/forecast?lat=56.78&lon=-7.63")
        let key = try await SSMClient(cloud.client).parameter(cloud.output("SourceKeyParameterName"))
        #expect(first.headers["apikey"] == key)
      }
      #expect(asked.elements.count == (name == "octopusagile" ? 2 : 1))
    }
  }
}
