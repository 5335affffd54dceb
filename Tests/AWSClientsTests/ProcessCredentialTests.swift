import CacheSupport
import Foundation
import SigV4
import TestSupport
import Testing

@testable import AWSClients

@Suite(.timeLimit(.minutes(10))) struct ProcessCredentialTests {
  static func pair(_ key: String, _ secret: String, _ token: String? = nil) -> TemporaryCredentials {
    TemporaryCredentials(Credentials(accessKeyID: key, secretAccessKey: secret, sessionToken: token))
  }

  /// A profile's process that runs a shell script.
  static func run(_ script: String, _ variables: [String: String] = [:]) async throws -> TemporaryCredentials? {
    try await TestHome.with(
      config: "[default]\ncredential_process = sh 'HOME/a script.sh'", files: ["a script.sh": script]
    ) {
      try await $0.resolve(variables)
    }
  }

  @Test("A process prints credentials") func good() async throws {
    let script =
      #"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","SessionToken":"c","Expiration":"2027-01-15T08:00:00Z"}'"#
    var expected = Self.pair("a", "b", "c")
    expected.expiration = CredentialTests.now
    #expect(try await Self.run(script) == expected)
  }

  @Test(
    "A process that fails, or prints something else, is an error that says so",
    arguments: [
      ("exit 3", "status 3"), ("kill -9 $$", "signal 9"), ("echo no", "no JSON"),
      (#"echo '{"Version":2}'"#, "Unsupported version '2'"), (#"echo '{"Version":1}'"#, "AccessKeyId"),
      (#"echo '{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b","Expiration":true}'"#, "Expiration is a boolean"),
    ])
  func bad(script: String, words: String) async {
    await #expect { try await Self.run(script) } throws: { "\($0)".contains(words) }
  }

  @Test(
    "A process that does not exist is an error that names it",
    arguments: [("/nonexistent/x", "No such file or directory"), ("Package.swift", "it is in no folder of PATH")])
  func absent(command: String, words: String) async {
    await #expect {
      try await TestHome.with(config: "[default]\ncredential_process = \(command)") { try await $0.resolve() }
    } throws: {
      "\($0)" == "cannot start \(command): \(words)"
    }
  }

  @Test("A process has the environment that was handed in, and its search path") func environment() async throws {
    let answer = #"echo "{\"Version\":1,\"AccessKeyId\":\"$NAME\",\"SecretAccessKey\":\"${USER:-none}\"}""#
    #expect(try await Self.run(answer, ["NAME": "a b"]) == Self.pair("a b", "none"))
    let found = try await TestHome.with(
      config: "[default]\ncredential_process = own-program", files: ["bin/own-program": "#!/bin/sh\n" + answer]
    ) { home in
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o700], ofItemAtPath: home.folder.appending(path: "bin/own-program").path)
      return try await home.resolve(["PATH": "/nonexistent::HOME/bin", "NAME": "own"])
    }
    #expect(found == Self.pair("own", "none"))
  }

  @Test("No descriptor of this process reaches a child, and nothing is left for it to read") func descriptors()
    async throws
  {
    // One that is not closed at exec, far from those in use.
    let open = fcntl(STDERR_FILENO, F_DUPFD, 700)
    defer { close(open) }
    #expect(open >= 700)
    let script = """
      [ -e /proc/$$/fd/\(open) ] && leaked=yes; read line && leaked=$line
      echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"a\\",\\"SecretAccessKey\\":\\"${leaked:-nothing}\\"}"
      """
    #expect(try await Self.run(script) == Self.pair("a", "nothing"))
  }

  /// True where a process of the number in a file is there, also as one that has ended and was not reaped.
  static func isThere(_ home: TestHome) throws -> Bool {
    let id = try #require(Int32(try home.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
    return kill(id, 0) == 0
  }

  @Test("A process that prints without end is killed and reaped") func endlessOutput() async throws {
    try await TestHome.with(
      config: "[default]\ncredential_process = sh HOME/script.sh",
      files: ["script.sh": "echo $$ > HOME/pid; exec yes"]
    ) { home in
      await #expect { try await home.resolve() } throws: {
        "\($0)" == "sh printed more than 1048576 bytes and was killed"
      }
      let isThere = try Self.isThere(home)
      #expect(!isThere)
    }
  }

  @Test(
    "A process that does not end has a time limit, whether it keeps its output open or not",
    arguments: ["", "exec >&-; "])
  func endless(before: String) async throws {
    try await TestHome.with(files: ["script.sh": "\(before)exec sleep 1000"]) { home in
      let process = ProcessCredentials(
        command: "sh \(home.folder.path)/script.sh", environment: home.environment([:]), limit: .milliseconds(200))
      await #expect { try await process.resolve() } throws: {
        "\($0)" == "sh gave no credentials in time and was killed"
      }
    }
  }

  @Test("A process that does not end is killed with the processes that it started") func endlessChild() async throws {
    try await TestHome.with(files: ["script.sh": "sleep 1000 & echo $! > HOME/pid; wait; echo late"]) { home in
      // On a busy machine the first limits may end the shell before it has started the other process.
      for limit in [Duration.milliseconds(500), .seconds(5), .seconds(60)] {
        let process = ProcessCredentials(
          command: "sh \(home.folder.path)/script.sh", environment: home.environment([:]), limit: limit)
        await #expect { try await process.resolve() } throws: {
          "\($0)" == "sh gave no credentials in time and was killed"
        }
        if let id = try? home.text("pid"), id.hasSuffix("\n") { break }
      }
      // The signal is sent by now, and ends it soon. Whoever adopts it reaps it; until then it may be there as one that has ended.
      let isGone = try await eventually { try !Self.isRunning(home) }
      #expect(isGone)
    }
  }

  /// True where a process of the number in a file runs.
  static func isRunning(_ home: TestHome) throws -> Bool {
    let id = try home.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)
    guard let state = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8) else { return false }
    return !["Z", "X"].contains(state.split(separator: ")").last?.split(separator: " ").first)
  }

  @Test("What a process printed counts once it has ended, whoever keeps its output open") func survivor() async throws {
    let answer = #"{"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"}"#
    let script = "sleep 1000 & echo $! > HOME/pid; exec echo '\(answer)'"
    try await TestHome.with(files: ["script.sh": script]) { home in
      let process = ProcessCredentials(
        command: "sh \(home.folder.path)/script.sh", environment: home.environment([:]))
      let found = try await process.resolve()
      #expect(found == Self.pair("a", "b"))
      // It is this test's own.
      #expect(try Self.isRunning(home))
      let id = try #require(Int32(try home.text("pid").trimmingCharacters(in: .whitespacesAndNewlines)))
      kill(id, SIGKILL)
    }
  }

  @Test(
    "Words are split as a shell splits them",
    arguments: [
      (#"a "b c" 'd "e' f"g"h """#, ["a", "b c", #"d "e"#, "fgh", ""]),
      (#"a\ b "c\"d\e\\" 'f\g'"#, ["a b", #"c"d\e\"#, #"f\g"#]),
      (" \t", []), ("'", nil), (#"a "b"#, nil), ("e\u{301} \u{1F600}", ["e\u{301}", "\u{1F600}"]),
    ] as [(String, [String]?)])
  func words(text: String, words: [String]?) { #expect(ShellWords.split(text) == words) }
}
