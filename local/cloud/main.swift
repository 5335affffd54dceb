import CacheSupport
import CommandLineSupport
import LocalCloud

// The cloud on this machine: `local-cloud --help`.

// From here on whoever asks for the end gets it, however far the start has come.
Signals.listen(limit: .seconds(20))
Signals.ignoreBrokenPipes()
if Arguments.isHelp(CommandLine.arguments) {
  Output.line(Arguments.help(CommandLineOptions.options, CommandLineOptions.usage))
  Output.end()
}
var isGood = true
do {
  let options = try CommandLineOptions(Array(CommandLine.arguments.dropFirst()))
  if options.isPlan {
    Output.line(try LocalCloud.plan(options.cloud))
  } else {
    let cloud = try LocalCloud(options.cloud)
    if !Signals.areAsking { cloud.announce() }
    await Signals.waitForEnd()
    await cloud.stop()
  }
} catch {
  Output.errorLine("local-cloud: \(error)")
  isGood = false
}
Output.end(isGood: isGood)

extension LocalCloud {
  /// Prints where it is and what it made, a line each, and `ready` as the last.
  fileprivate func announce() {
    if !ignored.isEmpty {
      Output.errorLine("local-cloud: not emulated, does nothing here: \(ignored.joined(separator: "; "))")
    }
    for missing in missingExecutables { Output.errorLine("local-cloud: \(missing)") }
    if !leftovers.isEmpty {
      Output.errorLine(
        "local-cloud: no longer in the template, still in the data: \(leftovers.joined(separator: ", "))")
    }
    Output.line(address)
    for output in outputs {
      Output.line("\(output.name)=\(output.value.replacing("\r", with: "\\r").replacing("\n", with: "\\n"))")
    }
    if let file = certificateFile { Output.line("AWS_CA_BUNDLE=\(file)") }
    Output.line("ready")
  }
}
