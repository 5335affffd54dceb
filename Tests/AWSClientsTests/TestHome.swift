import CacheSupport
import Foundation
import HTTPTransport
import TestSupport

@testable import AWSClients

/// A home folder with files of its own, which goes with the test.
struct TestHome {
  let folder: URL

  /// - Parameter files: by path below the folder; `HOME` in a text stands for the folder's path.
  static func with<Value>(
    config: String = "", credentials: String = "", files: [String: String] = [:],
    _ body: (TestHome) async throws -> Value
  ) async throws -> Value {
    let home = TestHome(
      folder: FileManager.default.temporaryDirectory.appending(
        path: "home-\(RandomID.uuid())", directoryHint: .isDirectory))
    defer { try? FileManager.default.removeItem(at: home.folder) }
    for (path, text) in files.merging(
      [".aws/config": config, ".aws/credentials": credentials], uniquingKeysWith: { own, _ in own })
    {
      let file = home.folder.appending(path: path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.replacing("HOME", with: home.folder.path).utf8).write(to: file)
    }
    return try await body(home)
  }

  /// The variables, with `HOME` in their values as in the files.
  func environment(_ variables: [String: String]) -> ProcessEnvironment {
    ProcessEnvironment(["HOME": folder.path]).merging(
      variables.mapValues { $0.replacing("HOME", with: folder.path) })
  }

  /// Resolves through the whole chain.
  func resolve(
    _ variables: [String: String] = [:], http: FakeHTTP = FakeHTTP([.failure(HTTPError(.cannotConnect, "no"))]),
    now: Int64 = CredentialTests.now, observer: (@Sendable (RequestReport) -> Void)? = nil
  ) async throws -> TemporaryCredentials? {
    try await CredentialChain(
      environment: environment(variables), http: http, clock: .fixed(now), observer: observer
    ).resolve()
  }

  func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }
}
