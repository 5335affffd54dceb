import CommandLineSupport
import LocalCloud

extension LocalCloud {
  /// Prints where it is and what it made, a line each, and `ready` as the last. What people should know goes to standard error.
  func announce(_ options: CommandLineOptions) {
    for missing in missingExecutables { Output.errorLine("local-cloud: \(missing)") }
    if !pruned.isEmpty { Output.errorLine("local-cloud: deleted: \(pruned.joined(separator: ", "))") }
    if !leftovers.isEmpty {
      Output.errorLine(
        "local-cloud: no longer in the template, still in the data: \(leftovers.joined(separator: ", ")); there is nothing to do"
      )
    }
    if !keptParameters.isEmpty {
      Output.errorLine(
        "local-cloud: as given at an earlier start: \(keptParameters.joined(separator: ", ")) (--reset NAME forgets one)"
      )
    }
    if let ignoredWords {
      Output.errorLine(
        "local-cloud: not emulated: \(ignoredWords), which `local-cloud plan` lists; there is nothing to do")
    }
    Output.line(address)
    for output in outputs {
      Output.line("\(output.name)=\(output.value.replacing(["\r": "\\r", "\n": "\\n"]))")
    }
    if let file = certificateFile { Output.line("AWS_CA_BUNDLE=\(file)") }
    Output.line("ready")
    if !options.isQuiet { Output.errorLine(hint(options)) }
  }

  /// What to try.
  private func hint(_ options: CommandLineOptions) -> String {
    let program = ShellText.quoted(CommandLine.arguments.first ?? "local-cloud", for: .sh)
    guard let folder = options.cloud.folder else {
      return "local-cloud: it is at \(address)."
        + (options.cloud.isLoopback ? " Try: \(program) status --url \(address)" : "")
    }
    let data = folder == CommandLineOptions.standardFolder ? "" : " --data \(ShellText.quoted(folder, for: .sh))"
    let env = """
      local-cloud: it is at \(address). Try, in another terminal:
        eval "$(\(program) env\(data))"     # then any client of AWS finds it: aws dynamodb list-tables
      """
    // The other commands are answered on loopback alone.
    guard options.cloud.isLoopback else { return env }
    return env + "\n  \(program) status\(data)            # also: logs FUNCTION, redrive QUEUE; --help lists all"
  }
}
