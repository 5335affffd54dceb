import CacheSupport
import Foundation
import HTTPTransport
import LocalCloud
import Synchronization
import TestSupport
import Testing

/// What an exchange costs and leaves behind.
@Suite struct TransferTests {
  @Test("Handles of libcurl are used again, and never more are made than requests run at once")
  func handles() async throws {
    try await CurlClientTests.withServer { address, client async throws in
      for _ in 0..<100 { #expect(try await client.send(HTTPRequest(url: address)).status == 201) }
      #expect(client.handleCount == 1)
      _ = try await mapConcurrently(0..<200, limit: 12) { _ in try await client.send(HTTPRequest(url: address)) }
      #expect(client.handleCount <= 12)
    }
  }

  @Test("Nothing of one request is left in the next one on the same handle")
  func reset() async throws {
    try await CurlClientTests.withServer { address, client async throws in
      let first = HTTPRequest(url: address + "/get")
      let requests = [
        first,
        HTTPRequest(
          method: "POST", url: address + "/post", headers: ["Content-Type": "text/x", "X-One": "1"],
          body: Array("body".utf8), timeout: .seconds(300), acceptsCompression: true),
        first, HTTPRequest(method: "HEAD", url: address + "/head"), first,
        HTTPRequest(method: "DELETE", url: address + "/delete"), first,
        HTTPRequest(method: "GET", url: address + "/body", body: Array("x".utf8)), first,
      ]
      var answers: [HTTPResponse] = []
      for request in requests { answers.append(try await client.send(request)) }
      #expect(client.handleCount == 1)
      let host = address.dropFirst("http://".count)
      let plain = "GET /get?\naccept: */*\nhost: \(host)\n"
      #expect(
        answers.map { CurlClientTests.text($0) }.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
          == [String](repeating: plain, count: 5))
      #expect(CurlClientTests.text(answers[1]).hasSuffix("x-one: 1\nbody"))
      #expect(answers[3].body.isEmpty)
      #expect(CurlClientTests.text(answers[5]).hasPrefix("DELETE /delete?"))
      #expect(CurlClientTests.text(answers[7]).hasSuffix("x"))
    }
  }

  @Test("A body takes the room that is announced, once") func reserved() async throws {
    let size = 8 << 20
    let handler: @Sendable (ServerRequest) -> ServerReply = { _ in
      .now(ServerResponse(status: 200, body: [UInt8](repeating: 1, count: size)))
    }
    try await CurlClientTests.withServer(handler) { address, client async throws in
      let body = try await client.send(HTTPRequest(url: address)).body
      #expect(body.count == size)
      #expect(body.capacity < size + size / 64)
    }
  }

  @Test(
    "An announced length that is a lie takes no memory",
    .disabled(if: Sanitizer.isActive, "a sanitizer has its own allocator"))
  func lie() async throws {
    let server = try RawServer(Array("HTTP/1.1 200 OK\r\nContent-Length: 900000000000\r\n\r\nshort".utf8))
    defer { server.stop() }
    let client = CurlClient(environment: [:])
    let before = Self.residentBytes()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<16 {
        group.addTask {
          await #expect { try await client.send(HTTPRequest(url: server.address, responseLimit: 64 << 20)) } throws: {
            ($0 as? HTTPError)?.code == .connectionLost
          }
        }
      }
    }
    // 16 answers of 64 MiB would be 1 GiB; other tests run meanwhile.
    #expect(Self.residentBytes() - before < 512 << 20)
  }

  @Test("An answer in chunks needs no announced length") func chunked() async throws {
    let server = try RawServer(
      Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A:\t b \r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".utf8))
    defer { server.stop() }
    let response = try await CurlClient(environment: [:]).send(HTTPRequest(url: server.address))
    #expect(
      response
        == HTTPResponse(
          status: 200, headers: ["Transfer-Encoding": "chunked", "X-A": "b"], body: Array("abcde".utf8)))
  }

  @Test("A cut answer is a lost connection, not a short one") func cut() async throws {
    let server = try RawServer(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort".utf8))
    defer { server.stop() }
    await #expect { try await CurlClient(environment: [:]).send(HTTPRequest(url: server.address)) } throws: {
      ($0 as? HTTPError)?.code == .connectionLost
    }
  }

  @Test("A header without end is refused") func endlessHeader() async throws {
    let server = try RawServer(
      Array("HTTP/1.1 200 OK\r\n".utf8)
        + Array([String](repeating: "X-A: \(String(repeating: "a", count: 1000))\r\n", count: 300).joined().utf8))
    defer { server.stop() }
    await #expect { try await CurlClient(environment: [:]).send(HTTPRequest(url: server.address)) } throws: {
      ($0 as? HTTPError)?.code == .tooLarge
    }
  }

  @Test(
    "Every limit of time is taken, however long or short",
    arguments: [Duration.seconds(Int64.max), .seconds(3_000_000), .zero, .seconds(-1), .nanoseconds(1)])
  func timeouts(timeout: Duration) async throws {
    try await CurlClientTests.withServer { address, client async throws in
      do throws(HTTPError) {
        let response = try await client.send(HTTPRequest(url: address, timeout: timeout))
        #expect(response.status == 201)
      } catch { #expect(error.code == .timedOut) }
    }
  }

  @Test("A child process gets none of the client's connections") func children() async throws {
    try await CurlClientTests.withServer { address, client async throws in
      let waiting = Task { try await client.send(HTTPRequest(url: address + "/wait", timeout: nil)) }
      defer { waiting.cancel() }
      #expect(try await client.send(HTTPRequest(url: address)).status == 201)
      let port = try #require(UInt16(address.split(separator: ":").last ?? ""))
      // The waiting request's connection, or the other one, which rests.
      let ours = try Self.clientSockets(to: port)
      #expect(!ours.isEmpty)
      let theirs = try Self.descriptorsOfChild()
      #expect(theirs.contains("/proc"))
      for socket in ours { #expect(!theirs.contains(socket)) }
    }
  }

  /// What `/proc` calls this process's connections to a port of this machine, such as `socket:[229500]`.
  static func clientSockets(to port: UInt16) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { name in
      guard let descriptor = Int32(name) else { return nil }
      var peer = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let isConnected = unsafe withUnsafeMutablePointer(to: &peer) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          unsafe getpeername(descriptor, address, &length) == 0
        }
      }
      guard isConnected, UInt16(bigEndian: peer.sin_port) == port else { return nil }
      return try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name)
    }
  }

  /// What a child, started as plainly as can be, has open.
  static func descriptorsOfChild() throws -> String {
    let file = FileManager.default.temporaryDirectory.appending(path: "descriptors-\(RandomID.uuid())").path
    defer { unsafe unlink(file) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT, 0o600)
    var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("ls"), strdup("-l"), strdup("/proc/self/fd"), nil]
    defer { unsafe arguments.forEach { unsafe free($0) } }
    var child: pid_t = 0
    #expect(unsafe posix_spawn(&child, "/bin/ls", &actions, nil, &arguments, environ) == 0)
    var status: Int32 = 0
    #expect(unsafe waitpid(child, &status, 0) == child)
    return try String(contentsOfFile: file, encoding: .utf8)
  }

  static func residentBytes() -> Int {
    let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii))?.split(separator: " ")
    return (pages.flatMap { Int($0[1]) } ?? 0) * 4096
  }
}

@Suite struct HTTPHeadersTests {
  @Test("Names compare without regard to the case of ASCII's letters, and repeated names stay") func names() {
    var headers: HTTPHeaders = ["Content-Type": "a", "X-Ä": "b", "Set-Cookie": "1", "set-cookie": "2"]
    #expect(headers["content-TYPE"] == "a")
    #expect(headers["x-Ä"] == "b")
    #expect(headers["x-ä"] == nil)
    #expect(headers["Content-Typ"] == nil)
    #expect(headers["SET-COOKIE"] == "1")
    headers["SET-cookie"] = "3"
    headers.add("X-Ä", "c")
    headers["CONTENT-type"] = nil
    #expect(headers.fields.map(\.name) == ["X-Ä", "SET-cookie", "X-Ä"])
    #expect(headers.fields.map(\.value) == ["b", "3", "c"])
  }
}

/// Tasks on the thread of the transfers.
@Suite struct TransferThreadTests {
  static func thread() -> UInt { pthread_self() }

  @Test("A body, its child tasks and its answers are on one thread; what it starts aside comes back to it")
  func oneThread() async throws {
    try await CurlClientTests.withServer { address, client async throws in
      let threads = await client.onTransferThread { () async -> [UInt] in
        let first = Self.thread()
        async let child = Self.thread()
        let sent = try? await client.send(HTTPRequest(url: address))
        let afterAnswer = Self.thread()
        let many = await withTaskGroup(of: UInt.self) { group in
          for _ in 0..<4 {
            group.addTask {
              _ = try? await client.send(HTTPRequest(url: address))
              return Self.thread()
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        let inTime = await within(.seconds(300)) { Self.thread() }
        let aside = await Task.detached { Self.thread() }.value
        #expect(aside != first)
        #expect(sent?.status == 201)
        return [first, await child, afterAnswer, inTime ?? 0, Self.thread()] + many
      }
      #expect(threads.count == 9)
      #expect(Set(threads).count == 1)
      #expect(threads.first != Self.thread())
    }
  }

  @Test("A body that outlives the client's owner ends") func outlives() async throws {
    try await CurlClientTests.withServer { address, _ async throws in
      var client: CurlClient? = CurlClient(environment: [:])
      let gate = AsyncStream<Void>.makeStream()
      let started = AsyncStream<Void>.makeStream()
      let body = Task { [client] in
        await client?.onTransferThread { () async -> Int in
          started.continuation.finish()
          for await _ in gate.stream {}
          return 7
        }
      }
      for await _ in started.stream {}
      client = nil
      gate.continuation.finish()
      #expect(await body.value == 7)
    }
  }

  @Test("Tasks that make each other ready do not keep the transfers waiting") func fair() async throws {
    try await CurlClientTests.withServer { address, client async throws in
      let status = await client.onTransferThread { () async -> Int in
        let isDone = Atomic<Bool>(false)
        async let busy: Void = {
          while !isDone.load(ordering: .relaxed) { await Task.yield() }
        }()
        let response = try? await client.send(HTTPRequest(url: address, timeout: .seconds(300)))
        isDone.store(true, ordering: .relaxed)
        await busy
        return response?.status ?? 0
      }
      #expect(status == 201)
    }
  }
}
