import CacheSupport
import Foundation
import HTTPTransport
import LocalCloud
import Synchronization
import TestSupport
import Testing

@Suite struct CurlClientTests {
  /// A server that says what it was asked; `/wait` waits until its work is cancelled.
  @discardableResult
  static func withServer<Value>(
    _ handler: @escaping @Sendable (ServerRequest) -> ServerReply = echo,
    _ body: (String, CurlClient) async throws -> Value
  ) async throws -> Value {
    let server = try HTTPServer(handler: handler)
    let client = CurlClient(environment: [:])
    do {
      let value = try await body(server.address, client)
      await server.stop()
      return value
    } catch {
      await server.stop()
      throw error
    }
  }

  static let echo: @Sendable (ServerRequest) -> ServerReply = { request in
    if request.path == "/wait" {
      return .later {
        for await _ in AsyncStream<Never>.makeStream().stream {}
        return .text(200, "too late")
      }
    }
    let headers = request.headers.map { "\($0.name.lowercased()): \($0.value)" }.sorted()
    let text =
      ["\(request.method) \(request.path)?\(request.query)"] + headers + [String(decoding: request.body, as: UTF8.self)]
    return .now(
      ServerResponse(
        status: 201, headers: [("X-Answer", "a"), ("X-Answer", "b")], body: Array(text.joined(separator: "\n").utf8)))
  }

  static func text(_ response: HTTPResponse) -> String { String(decoding: response.body, as: UTF8.self) }

  @Test("A request arrives as it was made", arguments: ["GET", "POST", "PUT", "DELETE", "PATCH"])
  func methods(method: String) async throws {
    try await Self.withServer { address, client async throws in
      let body = method == "GET" || method == "DELETE" ? "" : "line\u{0}äö"
      let response = try await client.send(
        HTTPRequest(
          method: method, url: "\(address)/a%2Fb/../c?x=%20&y", headers: ["X-One": "1", "X-Empty": ""],
          body: Array(body.utf8)))
      #expect(response.status == 201)
      #expect(response.headers.fields.filter { $0.name.lowercased() == "x-answer" }.map(\.value) == ["a", "b"])
      let lines = Self.text(response).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      #expect(lines.first == "\(method) /a%2Fb/../c?x=%20&y")
      #expect(lines.contains("x-one: 1"))
      #expect(lines.contains("x-empty: "))
      #expect(lines.last == body)
    }
  }

  @Test("A large body goes without waiting for 100 Continue")
  func noExpect() async throws {
    try await Self.withServer { address, client async throws in
      let response = try await client.send(
        HTTPRequest(method: "POST", url: address, body: [UInt8](repeating: 65, count: 3 << 20)))
      #expect(response.body.count > 3 << 20)
      #expect(!Self.text(response).contains("\nexpect:"))
    }
  }

  @Test("An answer past the limit is an error, one at the limit is not")
  func limit() async throws {
    let handler: @Sendable (ServerRequest) -> ServerReply = { _ in
      .now(ServerResponse(status: 200, body: [UInt8](repeating: 1, count: 1000)))
    }
    try await Self.withServer(handler) { address, client async throws in
      #expect(try await client.send(HTTPRequest(url: address, responseLimit: 1000)).body.count == 1000)
      await #expect { try await client.send(HTTPRequest(url: address, responseLimit: 999)) } throws: {
        ($0 as? HTTPError)?.code == .tooLarge
      }
    }
  }

  @Test("A deadline ends the wait") func timeout() async throws {
    try await Self.withServer { address, client async throws in
      await #expect { try await client.send(HTTPRequest(url: address + "/wait", timeout: .milliseconds(50))) } throws: {
        ($0 as? HTTPError)?.code == .timedOut
      }
    }
  }

  @Test("A cancelled task ends its request, and the client goes on")
  func cancellation() async throws {
    try await Self.withServer { address, client async throws in
      let request = Task { try await client.send(HTTPRequest(url: address + "/wait", timeout: nil)) }
      let other = try await client.send(HTTPRequest(url: address))
      #expect(other.status == 201)
      request.cancel()
      await #expect { try await request.value } throws: { ($0 as? HTTPError)?.code == .cancelled }
      // And one that is cancelled before it begins.
      let early = Task {
        unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        return try await client.send(HTTPRequest(url: address + "/wait", timeout: nil))
      }
      await #expect { try await early.value } throws: { ($0 as? HTTPError)?.code == .cancelled }
      #expect(try await client.send(HTTPRequest(url: address)).status == 201)
    }
  }

  @Test("Many requests at once are answered each by its own")
  func many() async throws {
    try await Self.withServer { address, client async throws in
      let answers = try await mapConcurrently(0..<200, limit: 50) { number in
        try await client.send(HTTPRequest(method: "POST", url: "\(address)/\(number)", body: Array("\(number)".utf8)))
      }
      for (number, answer) in answers.enumerated() { #expect(Self.text(answer).hasPrefix("POST /\(number)?")) }
    }
  }

  @Test("A server that nobody stops ends with its owner, and who waits for an answer waits no longer")
  func dropped() async throws {
    let arrived = Gate()
    let never = AsyncStream<Never>.makeStream()
    var server: HTTPServer? = try HTTPServer { _ in
      arrived.open()
      return .later {
        for await _ in never.stream {}
        return .text(200, "too late")
      }
    }
    let address = try #require(server?.address)
    async let answer = CurlClient(environment: [:]).send(HTTPRequest(url: address))
    await arrived.wait()
    server = nil
    // Its 503, or the end of the connection, whichever is faster.
    do { #expect(try await answer.status == 503) } catch let error as HTTPError { #expect(error.code != .timedOut) }
  }

  @Test("Without a server there is no answer") func refused() async throws {
    let server = try HTTPServer(handler: Self.echo)
    let address = server.address
    await server.stop()
    await #expect { try await CurlClient(environment: [:]).send(HTTPRequest(url: address)) } throws: {
      ($0 as? HTTPError)?.code == .cannotConnect
    }
  }

  static let invalid: [(url: String, header: String)] = [
    ("http://h/a b", "x"), ("http://h/\n", "x"), ("ftp://h/", "x"), ("http://h/ä", "x"),
    ("http://h/", "a\r\nInjected: 1"), ("http://h/", "a\u{0}"),
  ]

  @Test("What would break out of its line is not sent", arguments: invalid)
  func invalidRequests(url: String, header: String) async {
    await #expect {
      try await CurlClient(environment: [:]).send(HTTPRequest(url: url, headers: ["X": header]))
    } throws: {
      ($0 as? HTTPError)?.code == .invalidRequest
    }
  }

  @Test("A client that goes away ends what is under way") func release() async throws {
    try await Self.withServer { address, _ async throws in
      var client: CurlClient? = CurlClient(environment: [:])
      let request = Task { [client] in
        try await client?.send(HTTPRequest(url: address + "/wait", timeout: .seconds(300)))
      }
      request.cancel()
      client = nil
      await #expect(throws: HTTPError.self) { try await request.value }
    }
  }
}

/// TLS against OpenSSL's own server with a certificate made for the test.
@Suite struct TLSTests {
  @Test("A certificate that nobody vouches for is refused, one of AWS_CA_BUNDLE is trusted, another name is not")
  func trust() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "tls-\(RandomID.uuid())", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (key, certificate) = (folder.appending(path: "key.pem").path, folder.appending(path: "cert.pem").path)
    let maker = try Self.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
      "-out",
      certificate, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
    ])
    maker.waitUntilExit()
    #expect(maker.terminationStatus == 0)

    // A port that was free a moment ago.
    let probe = try HTTPServer { _ in .now(.text(200, "")) }
    let port = probe.port
    await probe.stop()
    let server = try Self.run([
      "openssl", "s_server", "-accept", "127.0.0.1:\(port)", "-key", key, "-cert", certificate, "-www", "-quiet",
    ])
    defer { server.terminate() }

    let trusting = CurlClient(environment: ["AWS_CA_BUNDLE": certificate])
    let isUp = try await eventually {
      (try? await trusting.send(HTTPRequest(url: "https://localhost:\(port)/", timeout: .seconds(60))))?.status == 200
    }
    #expect(isUp)
    for (client, host) in [(CurlClient(environment: [:]), "localhost"), (trusting, "127.0.0.1")] {
      await #expect {
        try await client.send(HTTPRequest(url: "https://\(host):\(port)/", timeout: .seconds(300)))
      } throws: {
        ($0 as? HTTPError)?.code == .untrusted
      }
    }
  }

  static func run(_ words: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = words
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }
}
