import CacheSupport

/// Writes the rows of a block one after the other, straight from its columns, quoted as Lambda's answer has them.
struct BlockWriter {
  /// The most bytes of a row.
  let most: Int
  private let times: [Int64]
  private let layout: Layout
  /// All that is written beside numbers, quoted, one after the other.
  private let texts: [UInt8]
  /// Before the first row, and before each other.
  private var first: Range<Int> = 0..<0
  private var begin: Range<Int> = 0..<0
  /// Between time and values.
  private var middle: Range<Int> = 0..<0
  private var end: Range<Int> = 0..<0
  private var columns: [WrittenColumn] = []

  /// How a row is laid out.
  private enum Layout {
    case object
    /// A line with so many columns.
    case line(Int)
    /// One line a value.
    case lines
  }

  /// - Parameters:
  ///   - columns: the measures of a wide CSV.
  ///   - series: of a flat CSV, as a field.
  init(
    _ part: SeriesReader.Page.Part, _ format: PageFormat, _ shape: PageShape, columns: [String], series: String
  ) {
    times = part.block.times
    layout = format != .csv ? .object : shape == .flat ? .lines : .line(columns.count)
    var texts: [UInt8] = []
    func add(_ text: String) -> Range<Int> {
      let start = texts.count
      texts += QuotedText(text).bytes
      return start..<texts.count
    }
    let origin = part.origin.rawValue
    switch layout {
    case .object:
      first = add("{\"time\":")
      begin = format == .json ? add(",{\"time\":") : first
      middle = add(",\"values\":{")
      end = add("},\"origin\":\"\(origin)\"}" + (format == .json ? "" : "\n"))
    case .line:
      middle = add(",\(origin)")
      end = add("\r\n")
    case .lines:
      middle = add(",\(series),")
      end = add(",\(origin)\r\n")
    }
    for measure in part.block.measures {
      let name = add(format == .csv ? PageFormat.field(measure.name) + "," : ",\(JSON.string(measure.name).text):")
      guard
        let place = format != .csv || shape == .flat
          ? 0 : columns.firstIndex(where: { $0.hasSameBytes(as: measure.name) })
      else { continue }
      for column in measure.columns {
        self.columns.append(
          WrittenColumn(column, name: name, place: place) {
            add(format == .csv ? PageFormat.field($0) : JSON.string($0).text)
          })
      }
    }
    let around = PageFormat.mostBytesOfTime + begin.count + middle.count + end.count
    most = self.columns.reduce(around + columns.count) { $0 + $1.most + around }
    self.texts = texts
  }

  /// Where each column begins.
  var places: [Int] { columns.map { _ in 0 } }

  /// - Parameters:
  ///   - row: the one after the row before.
  ///   - isFirst: true where no row of the page is before it.
  ///   - places: of each column's next value, see ``places``.
  ///   - output: has room for ``most`` bytes.
  func write(_ row: Int, isFirst: Bool, _ places: inout [Int], to output: inout OutputSpan<UInt8>) {
    let texts = texts.span
    switch layout {
    case .object:
      output.append(copying: texts.extracting(isFirst ? first : begin))
      output.integer(times[row])
      output.append(copying: texts.extracting(middle))
      var isFirst = true
      for index in columns.indices where columns[index].hasValue(row, places[index]) {
        // The first name has no comma before it.
        output.append(copying: texts.extracting(columns[index].name.dropFirst(isFirst ? 1 : 0)))
        columns[index].write(&places[index], texts, to: &output)
        isFirst = false
      }
      output.append(copying: texts.extracting(end))
    case .line(let count):
      output.iso8601(times[row])
      output.append(copying: texts.extracting(middle))
      var next = 0
      for index in columns.indices where columns[index].hasValue(row, places[index]) {
        output.append(repeating: UInt8(ascii: ","), count: columns[index].place + 1 - next)
        columns[index].write(&places[index], texts, to: &output)
        next = columns[index].place + 1
      }
      output.append(repeating: UInt8(ascii: ","), count: count - next)
      output.append(copying: texts.extracting(end))
    case .lines:
      for index in columns.indices where columns[index].hasValue(row, places[index]) {
        output.iso8601(times[row])
        output.append(copying: texts.extracting(middle))
        output.append(copying: texts.extracting(columns[index].name))
        columns[index].write(&places[index], texts, to: &output)
        output.append(copying: texts.extracting(end))
      }
    }
  }
}

/// A column as it is written: an object whose values are arrays of their own, all but one empty, so that reading a value neither copies
/// the column nor counts who has the values.
private final class WrittenColumn {
  private enum Kind { case doubles, bigints, texts, booleans }

  /// The measure's name with what is around it.
  let name: Range<Int>
  /// Which column of a wide CSV it is in.
  let place: Int
  private let kind: Kind
  private let rows: [Int32]
  /// True where each row has a value.
  private let isWhole: Bool
  private let doubles: [Double]
  private let bigints: [Int64]
  private let booleans: [Bool]
  /// Of texts: which of them each value is.
  private let places: [Int32]
  /// Of texts: each as it is written.
  private let texts: [Range<Int>]

  /// - Parameter text: adds a text, and tells its place.
  init(_ column: ValueColumn, name: Range<Int>, place: Int, text: (String) -> Range<Int>) {
    self.name = name
    self.place = place
    isWhole = column.rows == nil
    rows = column.rows ?? []
    var (doubles, bigints, booleans): ([Double], [Int64], [Bool]) = ([], [], [])
    var (places, texts): ([Int32], [Range<Int>]) = ([], [])
    switch column.values {
    case .doubles(let values): (kind, doubles) = (.doubles, values)
    case .bigints(let values): (kind, bigints) = (.bigints, values)
    case .texts(let all, let values): (kind, places, texts) = (.texts, values, all.map(text))
    case .booleans(let values): (kind, booleans) = (.booleans, values)
    }
    (self.doubles, self.bigints, self.booleans, self.places, self.texts) = (doubles, bigints, booleans, places, texts)
  }

  /// The most bytes of name and value.
  var most: Int { name.count + texts.reduce(DecimalText.most) { max($0, $1.count) } }

  /// True where a row has the value of a place.
  @inline(__always)
  func hasValue(_ row: Int, _ place: Int) -> Bool {
    isWhole || place < rows.count && Int(rows[place]) == row
  }

  /// Writes the value of a place, which then is that of the next.
  @inline(__always)
  func write(_ place: inout Int, _ bytes: Span<UInt8>, to output: inout OutputSpan<UInt8>) {
    switch kind {
    case .doubles: output.double(doubles[place])
    case .bigints: output.integer(bigints[place])
    case .texts: output.append(copying: bytes.extracting(texts[Int(places[place])]))
    case .booleans: booleans[place] ? output.append("true") : output.append("false")
    }
    place += 1
  }
}

extension PageFormat {
  /// The most bytes of a time in ``Swift/OutputSpan/iso8601(_:)``: of the years that 64 bits reach, 30.
  fileprivate static let mostBytesOfTime: Int = 40

  /// RFC 4180: a field with a comma, quote or line break is put in quotes, its own doubled.
  static func field(_ text: String) -> String {
    let isQuoted = text.utf8.contains { byte in
      byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 10 || byte == 13
    }
    return isQuoted ? Quoting.doubled(text, quote: "\"") : text
  }
}

extension OutputSpan<UInt8> {
  /// `2015-08-30T12:36:00Z`, with milliseconds only where there are some.
  fileprivate mutating func iso8601(_ milliseconds: Int64) {
    append(copying: UTCTime(epochMilliseconds: milliseconds).iso8601Text.utf8Span.span)
  }
}
