import Foundation
import Synchronization
import TestSupport
import Testing

@testable import LocalCloud

/// The HTTP server against raw bytes: what it refuses, what it keeps within bounds, how it ends.
@Suite(.timeLimit(.minutes(10))) struct HTTPServerTests {
  private static func with(
    _ limits: ServerLimits = ServerLimits(), _ handler: @escaping @Sendable (ServerRequest) -> ServerReply = echo,
    _ body: (HTTPServer) async throws -> Void
  ) async throws {
    let server = try HTTPServer(limits: limits, handler: handler)
    do { try await body(server) } catch {
      await server.stop()
      throw error
    }
    await server.stop()
  }

  private static let echo: @Sendable (ServerRequest) -> ServerReply = { request in
    .now(ServerResponse(status: 200, body: request.body))
  }

  /// Sends a text on a connection of its own and gives all that comes back.
  private static func talk(_ port: UInt16, _ text: String) async throws -> String {
    try await blocking {
      let connection = try RawConnection(port)
      try connection.send(text)
      return try connection.rest()
    }
  }

  private static func status(_ answer: String) -> Int? {
    answer.split(separator: " ").dropFirst().first.flatMap { Int($0) }
  }

  // MARK: Requests

  static let requests: [(head: String, body: String, status: Int)] = [
    ("Content-Length: 3", "abc", 200), ("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n", 200), ("X: y", "", 200),
    ("Content-Length: 0", "", 200),
    ("Content-Length: 3\r\nContent-Length: 3", "abc", 400), ("Content-Length: 3\r\ncontent-length: 4", "abc", 400),
    ("Content-Length: 3\r\nTransfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked\r\nContent-Length: 3", "3\r\nabc\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: gzip", "abc", 501), ("Content-Length: +3", "abc", 400), ("Content-Length: -1", "", 400),
    // Of a body that is too large not a byte is waited for, where its length is told.
    ("Content-Length: 1001", "", 413), ("Content-Length: 99999999999999999999", "", 413),
    ("Transfer-Encoding: chunked", "3e9\r\n\(String(repeating: "a", count: 1001))\r\n0\r\n\r\n", 413),
    ("X: \(String(repeating: "y", count: 100_000))", "", 431),
  ]

  @Test("The length of a body is told once, and is within the limit", arguments: requests)
  func framing(head: String, body: String, status: Int) async throws {
    var limits = ServerLimits()
    limits.body = 1000
    try await Self.with(limits) { server in
      let close = status == 200 ? "Connection: close\r\n" : ""
      let answer = try await Self.talk(server.port, "POST / HTTP/1.1\r\nHost: a\r\n\(close)\(head)\r\n\r\n\(body)")
      #expect(Self.status(answer) == status, "\(answer.prefix(300))")
      if status == 200 { #expect(answer.hasSuffix("\r\n\r\n" + (body.isEmpty ? "" : "abc"))) }
      let next = try await Self.talk(server.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(Self.status(next) == 200)
    }
  }

  @Test(
    "A request with many parameters, headers or cookies is answered at once",
    arguments: [
      (1000, "&", "", 200), (12_000, "&", "", 200), (30_000, "a=b&", "", 414), (1, "", "c: d\r\n", 200),
      (5000, "", "c: d\r\n", 431), (1, "", "Cookie: \(String(repeating: "a=b; ", count: 2000))\r\n", 431),
    ])
  func many(count: Int, parameter: String, header: String, status: Int) async throws {
    try await Self.with(ServerLimits(), { .now(.text(200, $0.query)) }) { server in
      let query = String(repeating: parameter, count: count)
      let headers = String(repeating: header, count: count)
      let answer = try await Self.talk(
        server.port, "GET /x?\(query) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(headers)\r\n")
      #expect(Self.status(answer) == status, "\(answer.prefix(300))")
      // The query is the handler's, whole.
      if status == 200 { #expect(answer.hasSuffix("\r\n\r\n" + query)) }
    }
  }

  @Test("A large answer arrives whole, twice on one connection") func large() async throws {
    let text = (0..<500_000).map { "\($0)" }.joined(separator: ",")
    try await Self.with(ServerLimits(), { _ in .now(.text(200, text)) }) { server in
      let port = server.port
      let bodies = try await blocking {
        let connection = try RawConnection(port)
        return try (0..<2).map { _ in
          try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          return try connection.answer().components(separatedBy: "\r\n\r\n").last ?? ""
        }
      }
      #expect(bodies == [text, text])
    }
  }

  // MARK: Bounds

  /// Answers what `/hold` asked for once it is told to.
  private final class Holder: Sendable {
    let arrived = Gate()
    let release = Gate()
    private let arrivals = Atomic<Int>(0)

    var hasArrived: Bool { arrivals.load(ordering: .acquiring) > 0 }

    func reply(_ request: ServerRequest) -> ServerReply {
      guard request.path == "/hold" else { return HTTPServerTests.echo(request) }
      arrivals.add(1, ordering: .releasing)
      arrived.open()
      return .later { [release] in
        await release.wait()
        return .text(200, "held")
      }
    }
  }

  @Test("What requests hold together is bounded, and given back") func bodies() async throws {
    var limits = ServerLimits()
    (limits.body, limits.bodies) = (1000, 1500)
    let holder = Holder()
    let body = String(repeating: "a", count: 1000)
    @Sendable func request(_ path: String) -> String {
      "POST \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n\(body)"
    }
    try await Self.with(limits, holder.reply) { server in
      let port = server.port
      async let held = Self.talk(port, request("/hold"))
      await holder.arrived.wait()
      let refused = try await Self.talk(port, request("/"))
      #expect(Self.status(refused) == 503 && refused.contains("Retry-After: 1"))
      holder.release.open()
      let answer = try await held
      #expect(Self.status(answer) == 200)
      // The library gives back after it has closed.
      let isFree = try await eventually { try await Self.status(Self.talk(port, request("/"))) == 200 }
      #expect(isFree)
    }
  }

  @Test("One connection too many is answered 503, and one that has been idle for long gives way first")
  func connections() async throws {
    var limits = ServerLimits()
    (limits.connections, limits.refusals, limits.patience) = (2, 4, .zero)
    let holder = Holder()
    try await Self.with(limits, holder.reply) { server in
      let port = server.port
      async let held = Self.talk(port, "GET /hold HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      await holder.arrived.wait()
      let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      let (idle, next) = try await blocking {
        let idle = try RawConnection(port)
        try idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let first = try idle.answer()
        // That it rests is known a moment after its answer; whoever comes meanwhile is told to try again.
        var next = ""
        for _ in 0..<10_000 where Self.status(next) != 200 {
          let other = try RawConnection(port)
          try other.send(get)
          next = try other.rest()
        }
        return (first + (try idle.rest()), next)
      }
      // The idle one was closed, though nobody asked it to.
      #expect(Self.status(idle) == 200 && Self.status(next) == 200)
      holder.release.open()
      let answer = try await held
      #expect(Self.status(answer) == 200)
    }
    let busy = Holder()
    limits.connections = 1
    try await Self.with(limits, busy.reply) { server in
      let port = server.port
      async let held = Self.talk(port, "GET /hold HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      await busy.arrived.wait()
      let refused = try await Self.talk(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(Self.status(refused) == 503 && refused.contains("Retry-After: 1"))
      busy.release.open()
      let answer = try await held
      #expect(Self.status(answer) == 200)
      // Once it has gone there is room again.
      let get = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
      let isFree = try await eventually { try await Self.status(Self.talk(port, get)) == 200 }
      #expect(isFree)
    }
  }

  @Test("Connections that are idle or half open are closed, those that wait for an answer are not")
  func idle() async throws {
    var limits = ServerLimits()
    limits.idleSeconds = 1
    let holder = Holder()
    try await Self.with(limits, holder.reply) { server in
      let port = server.port
      @Sendable func hold() async throws -> String {
        while true {
          do {
            let answer = try await Self.talk(port, "GET /hold HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            if holder.hasArrived { return answer }
          } catch {
            // The thread rested for longer than a connection may say nothing, before it had sent anything: once more.
            guard !holder.hasArrived else { throw error }
          }
        }
      }
      async let held = hold()
      await holder.arrived.wait()
      for text in ["", "GET / HT", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab"] {
        let answer = try await Self.talk(port, text)
        #expect(answer == "" || Self.status(answer) == 408, "\(text)")
      }
      holder.release.open()
      let answer = try await held
      #expect(Self.status(answer) == 200)
    }
  }

  @Test(
    "A connection that never shakes hands over TLS is closed", arguments: ["", "\u{16}\u{3}\u{1}\u{2}", "GET / HTTP"])
  func silent(text: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "silent-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var limits = ServerLimits()
    limits.idleSeconds = 1
    let server = try HTTPServer(tls: TLS(selfSignedFor: "127.0.0.1", in: folder), limits: limits, handler: Self.echo)
    let port = server.port
    // Whatever TLS has to say of it, the connection ends: a minute without an end would be an error.
    let said = await Task { try await Self.talk(port, text) }.result
    let areGone = try await eventually { server.connectionCount == 0 }
    await server.stop()
    #expect(throws: Never.self) { try said.get() }
    #expect(areGone)
  }

  @Test("A connection may be idle for a minute, and a request come for two") func shipped() {
    let limits = [ServerLimits(), ServerLimits(descriptors: 1024), .functions(descriptors: 1024)]
    #expect(limits.allSatisfy { $0.idleSeconds == 60 && $0.reading == .seconds(120) })
  }

  @Test("Connections that come and go at once leave none behind") func bursts() async throws {
    var limits = ServerLimits()
    (limits.connections, limits.refusals, limits.threads) = (6, 6, 4)
    try await Self.with(limits) { server in
      let port = server.port
      for _ in 0..<300 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<2 {
            group.addTask {
              try await blocking {
                // At once, so that the library's threads have not taken one over when the next comes.
                let one = try RawConnection(port)
                let two = try RawConnection(port)
                let three = try RawConnection(port)
                try one.send("")
                try two.send("")
                try three.send("")
              }
            }
          }
          try await group.waitForAll()
        }
      }
      // Some may not have been taken in yet, and are counted later.
      let isFree = try await eventually {
        try await Self.status(Self.talk(port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")) == 200
      }
      #expect(isFree)
      let areGone = try await eventually { server.connectionCount == 0 }
      #expect(areGone, "\(server.connectionCount) are counted, and none is open")
    }
  }

  @Test(
    "A request that comes in drips is given up",
    arguments: ["GET / HTTP/1.1\r\nX: ", "GET /", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"])
  func drips(beginning: String) async throws {
    var limits = ServerLimits()
    limits.reading = .milliseconds(200)
    limits.head = 8 << 20
    let drip = beginning.hasPrefix("POST") ? "1\r\na\r\n" : "a"
    try await Self.with(limits) { server in
      let port = server.port
      let drops = try await blocking {
        let connection = try RawConnection(port)
        try connection.send(beginning)
        for drop in 0..<4_000_000 { do { try connection.send(drip) } catch { return drop } }
        return 4_000_000
      }
      #expect(drops < 4_000_000)
      let areGone = try await eventually { server.connectionCount == 0 }
      #expect(areGone)
    }
  }

  @Test("Connections are bounded by the descriptors that there are")
  func descriptors() {
    for count in [0, 64, 128, 1024, 4096, 20_000, 65_536] {
      let limits = ServerLimits(descriptors: count)
      #expect(limits.connections > 0 && limits.refusals > 0)
      if count >= 128 { #expect(limits.connections + limits.refusals + 80 <= count) }
    }
    let wide = ServerLimits(descriptors: 65_536)
    #expect(wide.connections == ServerLimits().connections && wide.refusals == ServerLimits().refusals)
  }

  // MARK: Ends

  @Test("The work of a peer that has gone is told, also where another thread began it", arguments: [false, true])
  func gone(isHandedOn: Bool) async throws {
    let (arrived, told) = (Gate(), Gate())
    let work = { @Sendable () async -> ServerResponse in
      arrived.open()
      for await _ in AsyncStream<Never>.makeStream().stream {}
      told.open()
      return .text(200, "")
    }
    try await Self.with(
      ServerLimits(),
      { _ in isHandedOn ? .soon { respond in Thread { respond.later(work) }.start() } : .later(work) }
    ) { server in
      let port = server.port
      let client = Task {
        try await blocking {
          let connection = try RawConnection(port)
          try connection.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
          return true
        }
      }
      await arrived.wait()
      let hasSent = try await client.value
      #expect(hasSent)
      await told.wait()
    }
  }

  @Test("A server ends though its work does not, and answers for it") func ends() async throws {
    var limits = ServerLimits()
    limits.ending = .milliseconds(50)
    let arrived = Gate()
    // Nobody calls the responder, which is kept as one at work would keep it.
    let server = try HTTPServer(limits: limits) { _ in
      .soon { _ in arrived.open() }
    }
    let port = server.port
    async let answer = Self.talk(port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await arrived.wait()
    await server.stop()
    let text = try await answer
    // The end of the connection, or 503, whichever is faster.
    #expect(text == "" || Self.status(text) == 503)
    #expect(throws: RawConnection.Failure.self) { _ = try RawConnection(port) }
  }

  @Test("A port that cannot be taken is told in words") func port() async throws {
    try await Self.with { server in
      let taken = #expect(throws: HTTPServer.Failure.self) { _ = try HTTPServer(port: server.port, handler: Self.echo) }
      #expect(taken?.description.hasSuffix("another program has the port: end it, or choose another port") == true)
    }
    let foreign = #expect(throws: HTTPServer.Failure.self) { _ = try HTTPServer(host: "192.0.2.1", handler: Self.echo) }
    #expect(foreign?.description.hasSuffix("this machine does not have the address") == true)
  }
}
