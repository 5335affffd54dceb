import CommandLineSupport
import Foundation
import LocalCloud

extension CloudCommand {
  static let env = CloudCommand(
    name: "env",
    options: [
      CloudConnection.options[0],
      .init("shell", value: "SHELL", "whose words are printed: sh, which bash and zsh read, or fish (default sh)"),
    ],
    usage: """
      Usage: local-cloud env [--data DIR] [--shell sh|fish]

      Prints what makes a shell's programs use the cloud that runs: its address, region and key pair as the variables of AWS's
      clients, each output of the stack by its name, and the variables that its functions have, which local-fetch, local-query
      and local-api read: neither those that differ between functions, nor secrets. What would lead elsewhere is unset:
      AWS_PROFILE, AWS_DEFAULT_PROFILE, AWS_SESSION_TOKEN, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, and each AWS_ENDPOINT_URL_… of
      a service. A key pair that the cloud took from its environment is not kept, and not printed.

      Examples:
        eval "$(local-cloud env)"
        local-cloud env --shell fish | source
      """
  ) { arguments, _ in
    _ = try arguments.positional(atMost: 0)
    let name = arguments["shell"] ?? ShellText.Shell.sh.rawValue
    guard let shell = ShellText.Shell(rawValue: name) else {
      throw Arguments.Failure(description: "--shell is '\(name)': give sh or fish")
    }
    let running = try await CloudConnection.running(in: arguments["data"])
    for line in running.exports(for: shell) { Output.line(line) }
    if running.secretAccessKey == nil {
      Output.errorLine(
        "local-cloud env: the cloud took its key pair from its environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY stay as they are here"
      )
    }
    return true
  }
}

extension RunningCloud {
  /// A line for each variable. Those of AWS's clients come last, so that no output takes their place; nor does a function's variable
  /// take an output's.
  fileprivate func exports(for shell: ShellText.Shell) -> [String] {
    var variables = (self.variables + outputs).filter { ShellText.isName($0.name) && !Self.isKept($0.name) }
      .map { ($0.name, $0.value) }
    variables += [
      ("AWS_ENDPOINT_URL", address), ("AWS_REGION", region), ("AWS_DEFAULT_REGION", region),
    ]
    if let secretAccessKey {
      variables += [("AWS_ACCESS_KEY_ID", accessKeyID), ("AWS_SECRET_ACCESS_KEY", secretAccessKey)]
    }
    if let certificateFile { variables.append(("AWS_CA_BUNDLE", certificateFile)) }
    return variables.map { ShellText.export($0.0, $0.1, for: shell) }
      + [ShellText.unset(Self.misleading + Self.serviceEndpoints, for: shell)]
  }

  private static func isKept(_ name: String) -> Bool {
    kept.contains(name) || keptBeginnings.contains { name.utf8.starts(with: $0.utf8) }
      || name.lowercased().hasSuffix("_proxy")
  }

  /// Variables by which programs of a shell are run, and those of AWS's clients.
  private static let keptBeginnings = ["LD_", "PYTHON", "NODE_", "GIT_", "PERL", "RUBY", "JAVA_", "SSL_", "AWS_"]

  /// Variables that a shell lives by: an output or a function's variable of such a name is left out.
  private static let kept: Set<String> = [
    "PATH", "HOME", "IFS", "PWD", "SHELL", "USER", "ENV", "BASH_ENV", "PROMPT_COMMAND", "PS1", "PS4", "TERM", "TZ",
    "LANG",
    // Those that a shell lets nobody set: the first line that tries ends the rest.
    "UID", "EUID", "GID", "EGID", "PPID", "BASHOPTS", "SHELLOPTS", "status", "path",
  ]

  /// Variables by which AWS's clients would go elsewhere.
  private static let misleading = [
    "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
  ]

  /// The variables here that give one service an address of its own, such as `AWS_ENDPOINT_URL_SQS`.
  private static var serviceEndpoints: [String] {
    ProcessInfo.processInfo.environment.keys
      .filter { $0.utf8.starts(with: "AWS_ENDPOINT_URL_".utf8) && ShellText.isName($0) }.sorted()
  }
}
