import CacheSupport
import CommandLineSupport
import Foundation
import TimeSeriesCache

// Line protocol from bytes to points, with full validation, on one core and in three shapes: a real data set, short lines, wide lines.
// `local/bench/line_protocol.py` measures another parser on the same bodies.

/// A body, and what it is.
struct Shape {
  var name: String
  var body: [UInt8]
}

/// About 46 bytes a line: two tags, one field, a time in milliseconds.
func shortLines() -> [UInt8] {
  var body: [UInt8] = []
  for number in 0..<450_000 {
    body +=
      "cpu,host=h\(number % 1000),dc=eu\(number % 3) v=\(Double(number % 997) / 8) \(1_700_000_000_000 + number)\n".utf8
  }
  return body
}

/// Twenty fields a line: floats of all lengths, integers, booleans, and a text.
func wideLines() -> [UInt8] {
  var body: [UInt8] = []
  var random: UInt64 = 88_172_645_463_325_252
  for number in 0..<60_000 {
    body += "machine,site=s\(number % 7),line=l\(number % 31),unit=u\(number % 11) ".utf8
    for field in 0..<20 {
      random ^= random << 13
      random ^= random >> 7
      random ^= random << 17
      if field > 0 { body.append(UInt8(ascii: ",")) }
      switch field {
      case 0..<8: body += "pressure_\(field)=\(Double(random % 100_000) / 100)".utf8
      case 8..<13: body += "vibration_\(field)=\(Double(random % 1_000_003) / 1_000_003)".utf8
      case 13..<17: body += "counter_\(field)=\(random % 10_000_000)i".utf8
      case 17, 18: body += "running_\(field)=\(random % 2 == 0)".utf8
      default: body += "state=\"in service\"".utf8
      }
    }
    body += " \(1_700_000_000_000_000_000 + number * 1_000_000_000)\n".utf8
  }
  return body
}

/// The data set as often as it takes to make 20 MB; nil where it is not on this machine.
func birds(_ path: String) -> [UInt8]? {
  guard let data = FileManager.default.contents(atPath: path), !data.isEmpty else { return nil }
  return Array(repeatElement([UInt8](data), count: 20_000_000 / data.count + 1).joined())
}

/// The seconds that this process has computed: on a busy machine, unlike the clock on the wall, they are its own.
func processorTime() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

Program.tell(
  help: Arguments.help(
    [],
    """
    Usage: benchmark-line-protocol [FOLDER]

    Reads line protocol of three shapes, and prints the best rate of several rounds of each, by processor time. With a folder, it writes the bodies
    there as well, for another parser to read.

    Example:
      benchmark-line-protocol bodies
    """))

var shapes: [Shape] = []
let path = "../shared/data/line-protocol/bird-migration.line"
if let body = birds(path) {
  shapes.append(Shape(name: "birds", body: body))
} else {
  Output.line("birds: left out, for \(path) is not on this machine")
}
shapes.append(Shape(name: "short", body: shortLines()))
shapes.append(Shape(name: "wide", body: wideLines()))

for shape in shapes {
  var best = Double.infinity
  var points = 0
  for _ in 0..<12 {
    let start = processorTime()
    points = try LineProtocol.parse(shape.body, now: 0).points.count
    best = min(best, processorTime() - start)
  }
  let rate = Double(shape.body.count) / best / 1e6
  let size = shape.body.count / max(points, 1)
  Output.line(
    "\(shape.name): \(Int(rate)) MB/s, \(Int(Double(points) / best)) points/s, \(points) points of \(size) bytes")
  if CommandLine.arguments.count > 1 {
    let file = URL(filePath: CommandLine.arguments[1]).appending(path: "\(shape.name).line")
    try Data(shape.body).write(to: file)
  }
}
Output.end()
