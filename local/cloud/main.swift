import Basics
import CommandLineSupport
import Foundation
import LocalCloud

// The cloud on this machine: `local-cloud --help`.

if Arguments.isHelp(CommandLine.arguments) {
  Output.line(Arguments.help(CommandLineOptions.options, CommandLineOptions.usage))
  exit(0)
}
var temporaryFolder: URL?
var status: Int32 = 0
do {
  Signals.ignoreBrokenPipes()
  let options = try CommandLineOptions(Array(CommandLine.arguments.dropFirst()))
  temporaryFolder = options.temporaryFolder
  if options.isPlan {
    Output.line(try LocalCloud.plan(options.cloud))
  } else {
    let cloud = try LocalCloud(options.cloud)
    if !cloud.ignored.isEmpty {
      Output.errorLine("local-cloud: not emulated, does nothing here: \(cloud.ignored.joined(separator: "; "))")
    }
    Output.line(cloud.address)
    for output in cloud.outputs { Output.line("\(output.name)=\(output.value)") }
    if let tls = options.cloud.tls { Output.line("AWS_CA_BUNDLE=\(tls.certificateFile)") }
    // Whoever reads the outputs knows by this line that there are no more.
    Output.line("ready")
    await Signals.waitForEnd()
    await cloud.stop()
  }
} catch {
  Output.errorLine("local-cloud: \(error)")
  status = 1
}
if let temporaryFolder { try? FileManager.default.removeItem(at: temporaryFolder) }
exit(status)
