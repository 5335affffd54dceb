import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// Chunks beside what they hold, for another program to read and compare.
enum Print {
  /// One line of JSON for each chunk of the corpus: `head` and `rows` in hex, `expected` with each row as time, nanoseconds, version,
  /// and measures as name and value, both as hex of their bytes, the value behind a letter for its type.
  static func run(seed: UInt64) {
    var random = SplitMix(seed: seed)
    for rows in Fuzz.rows(&random) {
      let packed = ChunkCodec.pack(rows)
      let expected = rows.map { row in
        let measures = row.sample.measures.map { "[\"\(hex(Array($0.name.utf8)))\",\"\(text($0.value))\"]" }
        return "[\(row.sample.time),\(row.sample.nanoseconds),\(row.version),[\(measures.joined(separator: ","))]]"
      }
      Output.line(
        "{\"head\":\"\(hex(packed.head))\",\"rows\":\"\(hex(packed.rows))\",\"expected\":[\(expected.joined(separator: ","))]}"
      )
    }
  }

  private static func text(_ value: MeasureValue) -> String {
    switch value {
    case .double(let value): "d" + String(value.bitPattern, radix: 16)
    case .bigint(let value): "i\(value)"
    case .varchar(let text): "s" + hex(Array(text.utf8))
    case .boolean(let value): value ? "b1" : "b0"
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
