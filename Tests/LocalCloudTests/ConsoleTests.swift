import AWSClients
import CacheSupport
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import LocalCloud

/// What people ask of a cloud that runs, and who may.
@Suite struct ConsoleTests {
  static let place: ServerPlace = {
    let place = ServerPlace(host: "127.0.0.1", scheme: "http")
    place.open(4566, plain: 1)
    return place
  }()

  static func refusal(_ headers: [(name: String, value: String)], host: String = "127.0.0.1") -> String? {
    let request = ServerRequest(method: "GET", path: "/_local-cloud/status", headers: headers)
    do throws(ServiceError) {
      try ConsoleGuard(place: place, isLoopback: host.utf8.starts(with: "127.".utf8)).check(request)
      return nil
    } catch {
      #expect(error.status == 403)
      return error.message
    }
  }

  static let own: [(name: String, value: String)] = [("Host", "127.0.0.1:4566"), ("X-Local-Cloud", "1")]

  @Test(
    "A program of this machine and the cloud's own page are let in",
    arguments: [
      [], [("Origin", "http://127.0.0.1:4566")], [("origin", "http://localhost:4566")],
      [("Sec-Fetch-Site", "same-origin")], [("Sec-Fetch-Site", "none")],
    ] as [[(name: String, value: String)]])
  func lets(headers: [(name: String, value: String)]) { #expect(Self.refusal(Self.own + headers) == nil) }

  @Test("The host may be localhost") func localhost() {
    #expect(Self.refusal([("Host", "LOCALHOST:4566"), ("x-local-cloud", "1")]) == nil)
  }

  @Test(
    "Other sites, other names and requests without the header are refused",
    arguments: [
      ([("Host", "127.0.0.1:4566")], "send the header X-Local-Cloud: 1"),
      ([("Host", "127.0.0.1:4566"), ("X-Local-Cloud", "")], "send the header X-Local-Cloud: 1"),
      ([("X-Local-Cloud", "1")], "the header Host is not this cloud's: 127.0.0.1:4566"),
      ([("Host", "evil.example:4566"), ("X-Local-Cloud", "1")], "the header Host is not this cloud's: 127.0.0.1:4566"),
      ([("Host", "127.0.0.1:80"), ("X-Local-Cloud", "1")], "the header Host is not this cloud's: 127.0.0.1:4566"),
      (own + [("Host", "127.0.0.1:4566")], "the header Host is not this cloud's: 127.0.0.1:4566"),
      (own + [("Origin", "http://evil.example")], "another site may not ask this"),
      (own + [("Origin", "null")], "another site may not ask this"),
      (own + [("Origin", "https://127.0.0.1:4566")], "another site may not ask this"),
      (own + [("Sec-Fetch-Site", "cross-site")], "another site may not ask this"),
      (own + [("Sec-Fetch-Site", "same-site")], "another site may not ask this"),
    ] as [([(name: String, value: String)], String)])
  func refuses(headers: [(name: String, value: String)], words: String) { #expect(Self.refusal(headers) == words) }

  @Test("Nobody is let in where the cloud listens on more than loopback") func network() {
    #expect(Self.refusal([("Host", "10.0.0.1:4566"), ("X-Local-Cloud", "1")], host: "10.0.0.1") != nil)
    #expect(
      Self.refusal(Self.own, host: "0.0.0.0")?.hasPrefix("the local cloud listens on more than loopback") ?? false)
  }

  // MARK: Logs

  @Test("A log is read piece by piece, over the change of its file, and no byte is lost or comes twice") func logs()
    throws
  {
    let scripts = try SandboxTests.Scripts()
    let log = FunctionLog(path: scripts.folder.appending(path: "log").path, limit: 50)
    #expect(log.read().bytes == [])
    var position: FunctionLog.Position?
    var (written, read): ([UInt8], [UInt8]) = ([], [])
    for number in 0..<40 {
      let line = Array("line \(number)\n".utf8)
      log.write(line)
      written += line
      while true {
        let (bytes, next) = log.read(after: position, limit: 16)
        #expect(FunctionLog.Position(next.text) == next)
        position = next
        if bytes.isEmpty { break }
        read += bytes
      }
    }
    #expect(String(decoding: read, as: UTF8.self) == String(decoding: written, as: UTF8.self))
    // From the beginning of what is kept: the file before, and the newer one.
    let kept = scripts.text("log.1") + scripts.text("log")
    let first = log.read()
    let second = log.read(after: first.next)
    #expect(String(decoding: first.bytes + second.bytes, as: UTF8.self) == kept)
  }

  @Test("A line that is not whole waits for its end") func half() throws {
    let scripts = try SandboxTests.Scripts()
    let log = FunctionLog(path: scripts.folder.appending(path: "log").path)
    log.write(Array("one\ntw".utf8))
    let (bytes, next) = log.read()
    #expect(bytes == Array("one\n".utf8) && log.read(after: next).bytes == [])
    log.write(Array("o\n".utf8))
    #expect(log.read(after: next).bytes == Array("two\n".utf8))
  }

  @Test("A last line without its end is given where all is asked for") func whole() throws {
    let scripts = try SandboxTests.Scripts()
    let log = FunctionLog(path: scripts.folder.appending(path: "log").path)
    log.write(Array("one\ntw".utf8))
    #expect(log.read(isWhole: true).bytes == Array("one\ntw".utf8))
    #expect(log.read(after: log.read().next, isWhole: true).bytes == Array("tw".utf8))
  }

  @Test("A log that begins anew in its file is read from its beginning") func truncated() throws {
    let scripts = try SandboxTests.Scripts()
    let path = scripts.folder.appending(path: "log").path
    // A folder in the way: the file cannot be renamed.
    try FileManager.default.createDirectory(atPath: path + ".1/x", withIntermediateDirectories: true)
    let log = FunctionLog(path: path, limit: 20) { _ in }
    log.write(Array("one two three four\n\n".utf8))
    let next = log.read().next
    log.write(Array("anew\n".utf8))
    #expect(log.read(after: next).bytes == Array("anew\n".utf8))
  }

  @Test("What is no position is none", arguments: ["", "1", "1-", "-1", "1--1", "a-1", "1-2-3"])
  func positions(text: String) { #expect(FunctionLog.Position(text) == nil) }

  // MARK: Invocations

  @Test("A function's record has its last invocation and its last error") func history() {
    let history = InvocationHistory()
    #expect(history.json(of: "f") == ["name": "f", "invocations": 0, "failures": 0])
    history.add("f", .failure("Oops", String(repeating: "x", count: 1000)), id: "1", took: .milliseconds(12), at: 1000)
    history.add("f", .throttled(onPurpose: false), id: "2", took: .zero, at: 2000)
    history.add("f", .finished(InvocationResult(payload: Array("{}".utf8))), id: "3", took: .seconds(2), at: 3000)
    #expect(
      history.json(of: "f") == [
        "name": "f", "invocations": 3, "failures": 2,
        "last": ["time": "1970-01-01T00:00:03Z", "milliseconds": 2000],
        "lastError": [
          "time": "1970-01-01T00:00:02Z", "message": "too many events wait already (TooManyRequestsException)",
        ],
      ])
    history.add("g", .throttled(onPurpose: true), id: "1", took: .zero, at: 0)
    #expect(
      history.json(of: "g")["lastError"]?["message"] == "refused by a fault on purpose (TooManyRequestsException)")
  }
}
