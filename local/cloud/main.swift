import CacheSupport
import CommandLineSupport
import LocalCloud

// The cloud on this machine: `local-cloud --help`.

let words = Array(CommandLine.arguments.dropFirst())
// What asks a cloud that runs ends as any small program does.
if let command = CloudCommand.all.first(where: { $0.name == words.first }) {
  await Program.run(
    "local-cloud \(command.name)", options: command.options, usage: command.usage, words: Array(words.dropFirst()),
    command.run)
}
// From here on whoever asks for the end gets it, however far the start has come.
Signals.listen(limit: .seconds(20))
Signals.ignoreBrokenPipes()
Program.tell(
  help: words.first == "plan" ? Plan.help : Arguments.help(CommandLineOptions.options, CommandLineOptions.usage))
var isGood = true
do {
  var options = try CommandLineOptions(words)
  options.cloud.sourceTools = CacheSources()
  if options.isPlan {
    isGood = try Plan.show(options.cloud)
  } else {
    let cloud = try LocalCloud(options.cloud)
    if !Signals.areAsking { cloud.announce(options) }
    await Signals.waitForEnd()
    await cloud.stop()
  }
} catch {
  Output.errorLine("local-cloud: \(error)")
  isGood = false
}
Output.end(isGood: isGood)
