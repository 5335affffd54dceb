import CommandLineSupport
import Compression
import Foundation
import TimeSeriesCache

/// Sizes and rates of packing and unpacking days of history.
enum Benchmark {
  /// Rounds of which the best counts: what the machine did beside is left out.
  private static let rounds = 5

  /// A data set's figures.
  private struct Figures {
    var head = 0
    var rows = 0
    var pack = 0.0
    var packColumns = 0.0
    var unpack = 0.0
    var samples = 0.0
    var heads = 0.0
    var zlibSize = 0
    var zlibPack = 0.0
    var zlibUnpack = 0.0
  }

  static func run() throws {
    Output.line(
      """
      A day of history as a chunk: 288 rows, a time and two doubles each, 6,912 bytes as they are; the mean of \(DataSet.days) days. Rates are
      MB/s of these bytes on one core by processor time, the best of \(rounds) rounds. Packing begins with rows, unpacking ends with columns.

      | data | bytes (head + rows) | at most | packed, MB/s | unpacked, MB/s | as samples | heads, thousand/s | zlib: bytes | packed, MB/s | unpacked, MB/s |
      |---|---|---|---|---|---|---|---|---|---|
      """)
    var isGood = true
    for set in [DataSet.sensors(), .prices(), .noise()] {
      let figures = try measure(set)
      let size = figures.head + figures.rows
      if size > set.target || figures.pack < 50 || figures.unpack < 300 { isGood = false }
      Output.line(
        "| \(set.name) | \(size) (\(figures.head) + \(figures.rows)) | \(set.target) | \(Int(figures.pack)) | \(Int(figures.unpack))"
          + " | \(Int(figures.samples)) | \(Int(figures.heads / 1000)) | \(figures.zlibSize) | \(Int(figures.zlibPack)) | \(Int(figures.zlibUnpack)) |"
      )
    }
    Output.line(isGood ? "\nEvery size and rate is reached." : "\nNot every size and rate is reached.")
  }

  private static func measure(_ set: DataSet) throws -> Figures {
    var figures = Figures()
    let days = set.days.count
    let packed = set.days.map { ChunkCodec.pack($0) }
    let raw = set.days.map(DataSet.raw)
    let bytes = Double(raw.reduce(0) { $0 + $1.count })
    figures.head = packed.reduce(0) { $0 + $1.head.count } / days
    figures.rows = packed.reduce(0) { $0 + $1.rows.count } / days
    for (rows, packed) in zip(set.days, packed) {
      guard try ChunkCodec.unpack(packed) == rows else {
        throw Arguments.Failure(description: "a day came back changed")
      }
    }
    figures.pack = bytes / best { for rows in set.days { _ = ChunkCodec.pack(rows) } } / 1e6
    figures.unpack = try bytes / best { for packed in packed { _ = try ChunkCodec.decode(packed) } } / 1e6
    figures.samples =
      try bytes
      / best { for packed in packed { _ = try ChunkCodec.decode(packed).block.samples } } / 1e6
    figures.heads = try Double(days) / best { for packed in packed { _ = try ChunkCodec.unpackHead(packed.head) } }
    let zlib = try raw.map { try Deflate.compress($0) ?? $0 }
    figures.zlibSize = zlib.reduce(0) { $0 + $1.count } / days
    figures.zlibPack = try bytes / best { for raw in raw { _ = try Deflate.compress(raw) } } / 1e6
    figures.zlibUnpack =
      try bytes
      / best { for (zlib, raw) in zip(zlib, raw) { _ = try Deflate.decompress(zlib.span, count: raw.count) } } / 1e6
    return figures
  }

  /// The seconds of the best round.
  private static func best(_ round: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<rounds {
      let start = processorTime()
      // Several times, so that a round is far longer than a tick of the clock.
      for _ in 0..<3 { try round() }
      best = min(best, (processorTime() - start) / 3)
    }
    return best
  }
}

/// The seconds that this process has computed: on a busy machine, unlike the clock on the wall, they are its own.
func processorTime() -> Double {
  var time = timespec()
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
