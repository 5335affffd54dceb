import CacheSupport
import CommandLineSupport

/// A word after `local-cloud` that asks a cloud which runs.
struct CloudCommand: Sendable {
  var name: String
  var options: [Arguments.Option]
  var usage: String
  /// - Returns: whether all is well.
  var run: @Sendable (Arguments, ProcessEnvironment) async throws -> Bool

  static let all: [CloudCommand] = [.env, .status, .logs, .redrive]
}
