import HTTPTransport
import TestSupport
import Testing

/// The server that the other tests ask.
@Suite("InfluxDB's server", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
struct InfluxServerTests {
  @Test("keeps what is written, and is one of its own for each test", arguments: [false, true])
  func keeps(isGuarded: Bool) async throws {
    try await InfluxServer.with(isGuarded: isGuarded) { server in
      try await InfluxServer.with { other in
        try await server.write("m,a=b f=1.5 7")
        let answer = try await server.ask("SELECT * FROM m")
        #expect(
          answer
            == #"{"results":[{"statement_id":0,"series":[{"name":"m","columns":["time","a","f"],"values":[[7,"b",1.5]]}]}]}"#
            + "\n")
        #expect(try await other.ask("SELECT * FROM m") == #"{"results":[{"statement_id":0}]}"# + "\n")
      }
    }
  }

  @Test("wants to know who asks, where it is guarded")
  func isGuarded() async throws {
    try await InfluxServer.with(isGuarded: true) { server in
      let answer = try await server.http.send(HTTPRequest(url: "\(server.url)/query?db=history&q=SHOW+DATABASES"))
      #expect(answer.status == 401)
    }
  }
}
