import AWSClients
import Basics
import CommandLineSupport
import Glibc
import HTTPTransport

// Registers an identifier, starts the queue function, and waits until the API shows its rows.

let usage = """
  Usage: hydration [IDENTIFIER]

  API_ENDPOINT, ID_TABLE, API_KEY and QUEUE_LAMBDA_NAME say what is tested, as the outputs of a stack name them.
  Without IDENTIFIER it registers 'test-run'. Exit status 0 says that history was found.
  """
if Arguments.isHelp(CommandLine.arguments) {
  Output.line(usage)
  exit(0)
}
do {
  let environment = Environment.process()
  let run = try HydrationRun(
    environment: environment, identifier: CommandLine.arguments.dropFirst().first ?? "test-run")
  try await run.run()
} catch {
  Output.errorLine("hydration: \(error)")
  exit(1)
}
