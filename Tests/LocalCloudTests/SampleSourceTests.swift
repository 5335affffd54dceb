import CacheSupport
import Testing

@testable import LocalCloud

@Suite struct SampleSourceTests {
  static func answer(from: String, to: String, place: String = "0,0") -> ServerResponse? {
    let request = ServerRequest(
      method: "GET", path: SampleSource.path, query: "place=\(place)&from=\(from)&to=\(to)",
      headers: [("x-api-key", SampleSource.key)])
    guard case .now(let answer) = SampleSource().reply(to: request) else { return nil }
    return answer
  }

  @Test(
    "Times beyond those that are taken are refused, and end nothing",
    arguments: [
      ("\(Int64.min)", "0"), ("\(Int64.min)", "\(Int64.min)"), ("0", "\(Int64.max)"), ("\(Int64.min)", "\(Int64.max)"),
      ("\(Int64.max)", "\(Int64.min)"), ("253402300800000", "253402300800000"), ("1e3", "2e3"), ("", ""),
      ("9223372036854775808", "0"),
    ])
  func refused(from: String, to: String) throws {
    let answer = try #require(Self.answer(from: from, to: to))
    #expect(answer.status == 400)
    #expect(String(decoding: answer.body, as: UTF8.self) == #"{"error":"give from and to in epoch milliseconds"}"#)
  }

  @Test(
    "At the ends of time, and at places that are none, there are rows",
    arguments: [
      ("-253402300799999", "-253402300199999", "0,0", 2), ("253402300200000", "253402300799999", "0,0", 2),
      ("0", "0", "0,0", 0), ("-300000", "300000", "90,-180", 2), ("0", "300000", "nan,inf", 1),
      ("0", "300000", "1e999,-1e999", 1), ("0", "300000", ",", 1),
    ])
  func extremes(from: String, to: String, place: String, count: Int) throws {
    let answer = try #require(Self.answer(from: from, to: to, place: place))
    #expect(answer.status == 200)
    #expect(try JSON(parsing: answer.body)["data"]?.array?.count == count)
  }
}
