import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import LocalCloud
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Identifiers on their way through the local gateway and the real executable of the API function.
@Suite struct IdentifierPathTests {
  /// Names that one wrong step of decoding, or a comparison that is not by bytes, would confuse with each other.
  static let names: [String] = [
    "aA", "a%41", "a%2541", "100%", "a", "a?b", "a/b", "a%2Fb", "a+b", "a b", "\u{E9}", "e\u{301}", "\u{301}x",
    "a&b=c#d",
    "x' OR '1'='1",
  ]

  @Test("Each name answers for itself, in both payload formats", arguments: ["1.0", "2.0"])
  func identifiers(format: String) async throws {
    let now: Int64 = 1_800_000_000_000
    try await TestCloud.with(
      polls: false,
      configure: {
        try $0.template.edit(
          #"Path: "/{proxy+}", PayloadFormatVersion: "2.0""#, #"Path: "/{proxy+}", PayloadFormatVersion: "\#(format)""#)
      }
    ) { cloud async throws in
      let forecast = try cloud.forecast()
      for (number, name) in Self.names.enumerated() {
        let sample = Sample(
          time: WallClock.system.now + 3_600_000, measures: [Measure("number", .bigint(Int64(number)))])
        _ = try await forecast.write([sample], of: try Identifier(name), fetchedAt: now)
      }
      for (number, name) in Self.names.enumerated() {
        let answer = try await cloud.get("v1/series/\(PercentEncoding.encode(name))")
        #expect(answer.status == 200, "\(name)")
        let json = try JSON(parsing: answer.body)
        // An HTTP API with format 2.0 cuts the path at the question mark: the answer is that of the name before it.
        let isCut = format == "2.0" && name == "a?b"
        #expect(json["identifier"] == .string(isCut ? "a" : name))
        let expected = isCut ? try #require(Self.names.firstIndex(of: "a")) : number
        #expect(json["rows"]?.array?.map { $0["values"] } == [["number": .integer(expected)]], "\(name)")
        // In the query string every name arrives whole.
        let whole = try await cloud.get(
          "timeSeries-data?startDate=0&endDate=9000000000000&identifier=\(PercentEncoding.encode(name))")
        #expect(
          try JSON(parsing: whole.body)["futureRows"]?.array?.map { $0["cpu"] } == [.integer(number)], "\(name)")
      }
      for name in ["a/b", "a+b"] {
        let answer = try await cloud.get("v1/series/\(name)")
        #expect(try JSON(parsing: answer.body)["identifier"] == .string(name))
      }
      for path in ["v1/series/a%00", "v1/series/%0A", "%00", "timeSeries-data%7F"] {
        #expect(try await cloud.get(path).status == 400, "\(path)")
      }
      for (method, status) in [("HEAD", 200), ("OPTIONS", 204), ("PATCH", 405)] {
        let url = cloud.output("ApiEndpoint") + "v1/series/a"
        let headers: HTTPHeaders = method == "OPTIONS" ? [:] : ["x-api-key": cloud.output("ApiKey")]
        let answer = try await cloud.http.send(HTTPRequest(method: method, url: url, headers: headers))
        #expect(answer.status == status)
        #expect(answer.headers["Allow"] == (status == 200 ? nil : "DELETE, GET, HEAD, OPTIONS, PUT"))
        if method != "PATCH" { #expect(answer.body == []) }
        if method == "HEAD" {
          let length = try await cloud.get("v1/series/a").body.count
          #expect(answer.headers["Content-Length"] == "\(length)")
        }
      }
    }
  }
}
