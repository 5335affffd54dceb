import Basics
import CommandLineSupport
import Glibc
import LocalCloud

// The cloud on this machine: `local-cloud --help`.

let options: [Arguments.Option] = [
  .init("port", value: "PORT", "the port to take, 0 for a free one (default 4566)"),
  .init("data", value: "DIR", "where the data are kept (default .local-cloud)"),
  .init("ephemeral", "keep the data for this run alone"),
  .init("host", value: "ADDRESS", "the IPv4 address to listen on (default 127.0.0.1)"),
  .init("schedule", value: "EXPRESSION", "when identifiers are queued (default cron(0 1 * * ? *))"),
]
let usage = """
  Usage: local-cloud [--port PORT] [--data DIR | --ephemeral]

  DynamoDB, SQS, SSM, Timestream, Lambda and an API gateway on one port, with the time series cache on them.
  It accepts the key pair of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, else test and test.
  """

func readOptions() throws -> LocalCloud.Options {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()), options: options, usage: usage)
  var read = LocalCloud.Options()
  read.takeCredentials(from: .process())
  if let text = arguments["port"] {
    guard let port = UInt16(text) else { throw Arguments.Failure(description: "--port is '\(text)': give 0 to 65535") }
    read.port = port
  }
  if arguments.has("ephemeral"), arguments["data"] != nil {
    throw Arguments.Failure(description: "give --data or --ephemeral, not both")
  }
  read.folder = arguments.has("ephemeral") ? nil : arguments["data"] ?? ".local-cloud"
  if let host = arguments["host"] { read.host = host }
  if let schedule = arguments["schedule"] { read.schedule = schedule }
  return read
}

if Arguments.isHelp(CommandLine.arguments) {
  Output.line(Arguments.help(options, usage))
  exit(0)
}
do {
  Signals.ignoreBrokenPipes()
  let cloud = try LocalCloud(readOptions())
  Output.line(cloud.address)
  for output in cloud.outputs { Output.line("\(output.name)=\(output.value)") }
  await Signals.waitForEnd()
  await cloud.stop()
} catch {
  Output.errorLine("local-cloud: \(error)")
  exit(1)
}
