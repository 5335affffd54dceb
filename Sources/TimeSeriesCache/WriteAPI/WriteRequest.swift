import LambdaRuntime

/// Where a request writes, and in which unit its times are.
///
/// | | version 2 | version 1 |
/// |---|---|---|
/// | bucket | `bucket` | `db`, or `db/rp` where `rp` is given and is not `autogen` |
/// | unit | `precision`: `ns` (default), `us`, `ms`, `s` | `precision`: `n`, `ns`, `u`, `us`, `ms`, `s`, `m`, `h` |
///
/// Other parameters, such as `org` and `consistency`, mean nothing here and are passed over, as InfluxDB does.
struct WriteRequest: Hashable {
  var bucket: String
  var precision: LineProtocol.Precision

  /// The longest name of a bucket, in bytes.
  static let maximumBucketBytes: Int = KeyRing.maximumNameBytes

  init(bucket: String, precision: LineProtocol.Precision) {
    self.bucket = bucket
    self.precision = precision
  }

  /// - Throws: 400 for what is missing, given twice, or not understood.
  init(_ query: [HTTPEvent.QueryItem], isV1: Bool) throws(InfluxError) {
    func value(_ name: String) throws(InfluxError) -> String? {
      let values = query.filter { $0.name.elementsEqual(name.utf8) }
      guard values.count <= 1 else { throw .invalid("the parameter '\(name)' appears twice: give it once") }
      guard let first = values.first else { return nil }
      guard let text = String(validating: first.value, as: UTF8.self) else {
        throw .invalid("the parameter '\(name)' is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
      }
      return text.isEmpty ? nil : text
    }
    let name = isV1 ? "db" : "bucket"
    guard var bucket = try value(name) else {
      throw .invalid("the parameter '\(name)' is missing: it names the bucket to write into")
    }
    if isV1, let policy = try value("rp"), policy != "autogen" { bucket += "/\(policy)" }
    guard bucket.utf8.count <= Self.maximumBucketBytes, !bucket.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw .invalid("the bucket's name has control characters, or more than \(Self.maximumBucketBytes) bytes")
    }
    self.bucket = bucket
    self.precision = try Self.precision(try value("precision"), isV1: isV1)
  }

  private static func precision(_ text: String?, isV1: Bool) throws(InfluxError) -> LineProtocol.Precision {
    guard let text else { return .nanoseconds }
    let ofV2 = ["ns", "us", "ms", "s"]
    guard isV1 || ofV2.contains(text), let precision = LineProtocol.Precision(text) else {
      let known = isV1 ? ["n", "u"] + ofV2 + ["m", "h"] : ofV2
      throw .invalid("precision is '\(text.prefix(20))': give \(known.joined(separator: ", ")), or none for ns")
    }
    return precision
  }
}
