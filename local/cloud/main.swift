import CacheSupport
import CommandLineSupport
import LocalCloud

// The cloud on this machine: `local-cloud --help`.

if Arguments.isHelp(CommandLine.arguments) {
  Output.line(Arguments.help(CommandLineOptions.options, CommandLineOptions.usage))
  Output.end()
}
var isGood = true
do {
  Signals.ignoreBrokenPipes()
  let options = try CommandLineOptions(Array(CommandLine.arguments.dropFirst()))
  if options.isPlan {
    Output.line(try LocalCloud.plan(options.cloud))
  } else {
    let cloud = try LocalCloud(options.cloud)
    if !cloud.ignored.isEmpty {
      Output.errorLine("local-cloud: not emulated, does nothing here: \(cloud.ignored.joined(separator: "; "))")
    }
    for missing in cloud.missingExecutables { Output.errorLine("local-cloud: \(missing)") }
    if !cloud.leftovers.isEmpty {
      Output.errorLine(
        "local-cloud: no longer in the template, still in the data: \(cloud.leftovers.joined(separator: ", "))")
    }
    Output.line(cloud.address)
    // A line each, whatever a value holds.
    for output in cloud.outputs {
      Output.line("\(output.name)=\(output.value.replacing("\r", with: "\\r").replacing("\n", with: "\\n"))")
    }
    if let file = cloud.certificateFile { Output.line("AWS_CA_BUNDLE=\(file)") }
    // Whoever reads the outputs knows by this line that there are no more, and may end the cloud.
    await Signals.waitForEnd { Output.line("ready") }
    await cloud.stop()
  }
} catch {
  Output.errorLine("local-cloud: \(error)")
  isGood = false
}
Output.end(isGood: isGood)
