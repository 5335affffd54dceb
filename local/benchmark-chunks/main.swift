import CommandLineSupport
import Foundation
import TimeSeriesCache

let usage = """
  Usage: benchmark-chunks [--fuzz SECONDS | --print] [--seed NUMBER]

  Prints the size of a day of history as a chunk, and how fast it is packed and unpacked on one core, beside zlib on the same columns.
  With --fuzz it feeds the decoder with changed chunks instead, for so long, and prints what became of them.
  With --print it prints chunks of all kinds and what they hold, a line of JSON each.

  Examples:
    benchmark-chunks
    benchmark-chunks --fuzz 60 --seed 7
  """
let options = [
  Arguments.Option("fuzz", value: "SECONDS", "feed the decoder with what is no chunk"),
  Arguments.Option("print", "print chunks for another program to read"),
  Arguments.Option("seed", value: "NUMBER", "where the random changes begin; 1 as a rule"),
]

Program.tell(help: Arguments.help(options, usage))

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()), options: options, usage: usage)
  _ = try arguments.positional(atMost: 0)
  let seed = try arguments.number("seed") ?? 1
  if let seconds = try arguments.number("fuzz") {
    var fuzz = try Fuzz(seed: UInt64(seed))
    Output.end(isGood: fuzz.run(seconds: Double(seconds)))
  }
  if arguments.has("print") {
    Print.run(seed: UInt64(seed))
    Output.end()
  }
  try Benchmark.run()
  Output.end()
} catch {
  Output.errorLine("benchmark-chunks: \(error)")
  Output.end(isGood: false)
}
