import CacheSupport
import CommandLineSupport
import Foundation

/// The CPU seconds, user and system, that a process has used.
func cpuSeconds(of process: String) -> Double {
  guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
    let end = text.lastIndex(of: ")")
  else { return 0 }
  let fields = text[end...].split(separator: " ")
  guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return 0 }
  return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}

let usage = """
  Usage: benchmark-cloud --port PORT --process PID [--requests NUMBER] [--connections NUMBER]

  Sends a server on this machine what the cache sends it, and prints what each operation took: name, requests, seconds, CPU seconds of the server.

  Example:
    benchmark-cloud --port 4566 --process 4711 --requests 5000
  """
let options = [
  Arguments.Option("port", value: "PORT", "where the server listens"),
  Arguments.Option("process", value: "PID", "the server's process, whose CPU time is told"),
  Arguments.Option("requests", value: "NUMBER", "how often each operation is sent; 1000 as a rule"),
  Arguments.Option("connections", value: "NUMBER", "how many are open at once; 16 as a rule"),
]
Program.tell(help: Arguments.help(options, usage))

do {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()), options: options, usage: usage)
  _ = try arguments.positional(atMost: 0)
  guard let port = arguments["port"].flatMap({ UInt16($0) }), let process = arguments["process"] else {
    throw Arguments.Failure(description: "give --port and --process")
  }
  let count = try arguments.number("requests") ?? 1000
  let client = LoadClient(port: port, connections: try arguments.number("connections") ?? 16)
  let workload = Workload(port: port)

  @discardableResult
  func measure(_ name: String, _ requests: [[UInt8]], keepingBodies: Bool = false) throws -> [[UInt8]] {
    let (cpu, start) = (cpuSeconds(of: process), ContinuousClock.now)
    let bodies = try client.send(requests, keepingBodies: keepingBodies)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    Output.line("\(name)\t\(requests.count)\t\(seconds)\t\(cpuSeconds(of: process) - cpu)")
    return bodies
  }

  _ = try client.send([workload.createTable()])
  try measure("BatchWriteItem of 25", (0..<count).map { workload.batch("k\($0 % 40)", $0 * 25..<$0 * 25 + 25) })
  _ = try client.send((0..<12).map { workload.batch("day", $0 * 24..<$0 * 24 + 24) })
  try measure("Query of 288 items", (0..<count).map { _ in workload.query("day") })

  let made = try JSON(parsing: client.send([workload.createQueue()], keepingBodies: true)[0])
  let url = made["QueueUrl"]?.string ?? ""
  try measure("SendMessage", (0..<count).map { workload.sendMessage(url, $0) })
  let received = try measure(
    "ReceiveMessage", Array(repeating: workload.receiveMessage(url), count: count), keepingBodies: true)
  let receipts = received.compactMap {
    (try? JSON(parsing: $0))?["Messages"]?.array?.first?["ReceiptHandle"]?.string
  }
  guard receipts.count == count else {
    throw LoadFailure(description: "\(count - receipts.count) of \(count) messages did not come")
  }
  try measure("DeleteMessage", receipts.map { workload.deleteMessage(url, $0) })
} catch {
  Output.errorLine("benchmark-cloud: \(error)")
  Output.end(isGood: false)
}
