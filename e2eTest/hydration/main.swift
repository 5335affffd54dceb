import AWSClients
import CacheSupport
import CommandLineSupport
import HTTPTransport

// Registers an identifier, starts the queue function, and waits until the API shows its rows.

let usage = """
  Usage: hydration [--expect ROWS] [IDENTIFIER]

  API_ENDPOINT, ID_TABLE, API_KEY and QUEUE_LAMBDA_NAME say what is tested, as the outputs of a stack name them.
  Without IDENTIFIER it registers 'test-run'. Exit status 0 says that history was found; with --expect, that the newest
  day of it has so many rows.

  Example:
    hydration --expect 288 greenwich
  """
let options: [Arguments.Option] = [.init("expect", value: "ROWS", "the rows to wait for")]
Program.tell(help: Arguments.help(options, usage))
do {
  let environment = ProcessEnvironment.process()
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()), options: options, usage: usage)
  let expected = try arguments["expect"].map { text in
    guard let count = Int(text), count > 0 else {
      throw Arguments.Failure(description: "--expect is '\(text)': give a number")
    }
    return count
  }
  let run = try HydrationRun(
    environment: environment, identifier: arguments.positional.first ?? "test-run", expected: expected)
  try await run.run()
} catch {
  Output.errorLine("hydration: \(error)")
  Output.end(isGood: false)
}
Output.end()
