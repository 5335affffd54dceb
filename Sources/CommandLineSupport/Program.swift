package import CacheSupport

/// A program that is told what to do by options.
package enum Program {
  /// Prints the help or the version where that is asked for, and ends the process; else it returns.
  ///
  /// - Parameter help: begins with `Usage: ` and the program's name.
  package static func tell(_ words: [String] = Array(CommandLine.arguments.dropFirst()), help: String) {
    guard let text = Arguments.told(words, help: help) else { return }
    Output.line(text)
    Output.end()
  }

  /// Prints the help or the version where that is asked for; else runs a body once. Then it ends the process: status 0 where the body says that all is
  /// well, 1 where it says that it is not or throws, which standard error tells.
  ///
  /// - Parameters:
  ///   - name: stands before what is wrong; nothing does where it is nil.
  ///   - options: what the command line may have.
  ///   - usage: what comes before the options in the help.
  ///   - words: the command line without the program's name.
  ///   - body: is given the command line and the environment.
  package static func run(
    _ name: String? = nil, options: [Arguments.Option], usage: String,
    words: [String] = Array(CommandLine.arguments.dropFirst()),
    _ body: (Arguments, ProcessEnvironment) async throws -> Bool
  ) async -> Never {
    tell(words, help: Arguments.help(options, usage))
    do {
      Output.end(isGood: try await body(try Arguments(words, options: options, usage: usage), .process()))
    } catch {
      Output.errorLine((name.map { "\($0): " } ?? "") + "\(error)")
      Output.end(isGood: false)
    }
  }
}
