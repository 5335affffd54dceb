import CacheSupport

/// The labels of a Prometheus series, ordered by the bytes of their names.
struct PrometheusLabels: Sendable, Hashable, Comparable {
  struct Pair: Sendable, Hashable {
    var name: ByteText
    var value: ByteText
  }

  private(set) var pairs: [Pair]

  static let series: ByteText = "series"
  static let measurement: ByteText = "measurement"
  static let source: ByteText = "source"
  /// Where a value comes from: `history` or `forecast`. Only a selector with a matcher on it has answers with it.
  static let origin: ByteText = "origin"
  private static let reserved: Set<ByteText> = [series, measurement, source, origin]

  init(_ pairs: [Pair] = []) { self.pairs = pairs.sorted { $0.name < $1.name } }

  /// The labels of a series that are not its measures': its identifier and, where they are known, measurement, tags and source.
  ///
  /// What a label's name may not have becomes `_`; a tag whose name is then taken gets `tag_` before it.
  init(_ entry: SeriesEntry) {
    var pairs = [Pair(name: Self.series, value: ByteText(entry.identifier.text))]
    if let source = entry.source, !source.isEmpty { pairs.append(Pair(name: Self.source, value: ByteText(source))) }
    if let key = entry.series.key {
      pairs.append(Pair(name: Self.measurement, value: key.measurement))
      var taken = Self.reserved
      for tag in key.tags {
        var name = ByteText(Self.legal(tag.name.text))
        while taken.contains(name) || name.text.hasPrefix("__") { name = ByteText("tag_\(name.text)") }
        taken.insert(name)
        pairs.append(Pair(name: name, value: tag.value))
      }
    }
    self.init(pairs)
  }

  /// The empty text for a label that is not there.
  subscript(name: ByteText) -> ByteText { pairs.first { $0.name == name }?.value ?? "" }

  /// The same labels with one more; one of that name gives way.
  func with(_ name: ByteText, _ value: ByteText) -> PrometheusLabels {
    PrometheusLabels(pairs.filter { $0.name != name } + [Pair(name: name, value: value)])
  }

  func without(_ name: ByteText) -> PrometheusLabels { PrometheusLabels(pairs.filter { $0.name != name }) }

  /// A name of letters, digits and `_`, which does not begin with a digit.
  private static func legal(_ name: String) -> String {
    var bytes: [UInt8] = name.unicodeScalars.map { scalar in
      guard scalar.isASCII else { return UInt8(ascii: "_") }
      let byte = UInt8(ascii: scalar)
      return byte.isASCIILetter || byte.isASCIIDigit ? byte : UInt8(ascii: "_")
    }
    if bytes.first?.isASCIIDigit ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// True for a name that a label may have.
  static func isLegal(_ name: String) -> Bool { legal(name).hasSameBytes(as: name) }

  /// By names and values in turn, as Prometheus orders series.
  static func < (one: Self, other: Self) -> Bool {
    for (left, right) in zip(one.pairs, other.pairs) where left != right {
      return left.name == right.name ? left.value < right.value : left.name < right.name
    }
    return one.pairs.count < other.pairs.count
  }
}
