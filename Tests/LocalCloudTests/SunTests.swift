import AWSClients
import CacheSupport
import HTTPTransport
import TestSupport
import Testing

@testable import LocalCloud

/// The sample source's sun.
@Suite struct SunTests {
  /// From NOAA's own calculator (https://gml.noaa.gov/grad/solcalc/) the declination at the 2024 June solstice is 23.44° and
  /// at the March equinox 0°: the noon elevation is then 90° less latitude, plus the declination.
  @Test("The sun stands where it must") func sun() throws {
    func highest(_ day: String, _ latitude: Double, _ longitude: Double) throws -> Double {
      let start = try #require(ISO8601Time(day)).epochMilliseconds()
      return (0..<1440).map {
        SolarPosition(time: start + Int64($0) * 60_000, latitude: latitude, longitude: longitude).elevation
      }.max() ?? 0
    }
    #expect(abs(try highest("2024-06-20", 51.4779, 0) - (90 - 51.4779 + 23.437)) < 0.02)
    #expect(abs(try highest("2024-12-21", 51.4779, 0) - (90 - 51.4779 - 23.437)) < 0.02)
    #expect(abs(try highest("2024-03-20", 0, 0) - 90) < 0.3)
    #expect(
      SolarPosition(time: try #require(ISO8601Time("2024-06-20")).epochMilliseconds(), latitude: 51.4779, longitude: 0)
        .clearSkyIrradiance == 0)
  }

  @Test(
    "A day of the five-minute grid is 288 rows, wherever it starts",
    arguments: [0 as Int64, 1, 299_999, 300_000, -1, -300_001, 1_800_000_000_123])
  func grid(from: Int64) {
    let times = Array(SampleSource.grid(from: from, to: from + 86_400_000))
    #expect(times.count == 288)
    #expect(times.allSatisfy { $0 % 300_000 == 0 && $0 >= from && $0 < from + 86_400_000 })
  }

  @Test("The sample source wants its key") func sampleKey() async throws {
    try await TestCloud.with(polls: false) { cloud async throws in
      let url = cloud.cloud.address + "/sample/v1/sun?place=0,0&from=0&to=600000"
      #expect(try await cloud.http.send(HTTPRequest(url: url)).status == 401)
      let key = try await SSMClient(cloud.client).parameter(cloud.output("SourceKeyParameterName"))
      let answer = try await cloud.http.send(HTTPRequest(url: url, headers: ["x-api-key": key]))
      #expect(try JSON(parsing: answer.body)["data"]?.array?.count == 2)
      #expect(
        try await cloud.http.send(
          HTTPRequest(url: url.replacing("600000", with: "99999999999999"), headers: ["x-api-key": key])
        ).status == 400)
    }
  }
}
