import CacheSupport

/// How a device's reading becomes a point: one rule for whatever shape it has.
///
/// | member of the reading | becomes |
/// |---|---|
/// | those named in `DEVICE_TAGS` | tags; the first of them must be there, `location` is `unknown` where it is not |
/// | `timestamp`, else `time` | the time; without one it is the arrival (see ``DeviceTime``) |
/// | `sensors`, `measurements` | a measure for each of their members |
/// | `measurement` | a measure named by `metric_name`, `value` without one |
/// | any other number, boolean or text | a measure of that name |
///
/// Numbers are DOUBLE, booleans BOOLEAN, texts VARCHAR, also those whose text is a number: a type that depends on the value
/// would change from one reading to the next, and Timestream then refuses the second. Whole numbers are DOUBLE as well, or BIGINT
/// where `DEVICE_INTEGERS` says so. Of two values of one name that of `sensors` counts, then that of `measurements`, of
/// `measurement`, and of the reading itself. A member that is null is not there. Other objects and arrays describe the device and
/// are passed over.
struct DeviceRule: Sendable, Hashable {
  /// The measurement of every reading.
  var measurement: ByteText
  /// The names of members that become tags; no name appears twice.
  var tags: [ByteText]
  /// True where whole numbers are BIGINT.
  var keepsIntegers: Bool

  /// The bucket that readings are written into.
  static let bucket: String = "devices"
  /// The most measures of a reading.
  static let maximumMeasures: Int = 256

  private static let times: [ByteText] = ["timestamp", "time"]
  private static let containers: [ByteText] = ["sensors", "measurements"]

  /// What one reading says.
  struct Reading: Sendable, Hashable {
    var key: SeriesKey
    var sample: Sample
  }

  /// - Parameter arrival: epoch milliseconds, the time of a reading without one.
  /// - Throws: what is wrong with the reading.
  func reading(_ json: JSON, arrival: Int64) throws(UnreadableMessage) -> Reading {
    guard let object = json.object else {
      throw UnreadableMessage(reason: "a reading must be an object, not \(json.kind)")
    }
    guard let key = SeriesKey(measurement: measurement, tags: try tags(of: object)) else {
      throw UnreadableMessage(reason: "the reading's tags name no series")
    }
    let time =
      try DeviceTime.of(Self.times.lazy.compactMap { name in object[name.text] }.first { !$0.isNull })
      ?? DeviceTime(milliseconds: arrival)
    let measures = try measures(of: object)
    guard !measures.isEmpty else { throw UnreadableMessage(reason: "the reading has no value that can be written") }
    return Reading(
      key: key, sample: Sample(time: time.milliseconds, nanoseconds: time.nanoseconds, measures: measures))
  }

  private func tags(of object: JSONObject) throws(UnreadableMessage) -> [SeriesKey.Tag] {
    var found: [SeriesKey.Tag] = []
    for (index, name) in tags.enumerated() {
      let value: String
      switch object[name.text] {
      case .string(let text)?: value = text
      case .number(let text)?: value = text
      case .bool(let flag)?: value = flag ? "true" : "false"
      case nil, .null?: value = ""
      case .array?, .object?: throw UnreadableMessage(reason: "'\(name)' is a tag: give a text, a number or a boolean")
      }
      if !value.isEmpty {
        found.append(.init(name, ByteText(value)))
      } else if index == 0 {
        throw UnreadableMessage(reason: "the reading has no '\(name)', which tells the devices apart")
      } else if name == "location" {
        found.append(.init(name, "unknown"))
      }
    }
    return found
  }

  private func measures(of object: JSONObject) throws(UnreadableMessage) -> [Measure] {
    var found: [ByteText: MeasureValue] = [:]
    func add(_ name: String, _ json: JSON, of place: String) throws(UnreadableMessage) {
      let name = ByteText(name)
      guard !json.isNull, found[name] == nil else { return }
      guard !name.text.isEmpty else { throw UnreadableMessage(reason: "a value\(place) has no name") }
      guard found.count < Self.maximumMeasures else {
        throw UnreadableMessage(reason: "the reading has more than \(Self.maximumMeasures) values")
      }
      found[name] = try value(json, named: "'\(name)'\(place)")
    }
    for container in Self.containers {
      guard let json = object[container.text], !json.isNull else { continue }
      // A single number under this name is a value like any other.
      guard let values = json.object else {
        if case .array = json { throw UnreadableMessage(reason: "'\(container)' must be an object of values") }
        continue
      }
      for member in values.members { try add(member.name, member.value, of: " of '\(container)'") }
    }
    if let value = object["measurement"] {
      let name = object["metric_name"] ?? .null
      guard name.isNull || name.string.map({ !$0.isEmpty }) ?? false else {
        throw UnreadableMessage(reason: "'metric_name' must be a text")
      }
      try add(name.string ?? "value", value, of: " of 'measurement'")
    }
    for member in object.members where !isTaken(ByteText(member.name)) {
      switch member.value {
      case .object, .array: continue
      default: try add(member.name, member.value, of: "")
      }
    }
    return found.sorted { $0.key < $1.key }.map { Measure($0.key.text, $0.value) }
  }

  /// True for members that are no measures by themselves.
  private func isTaken(_ name: ByteText) -> Bool {
    tags.contains(name) || Self.times.contains(name) || name == "measurement" || name == "metric_name"
  }

  private func value(_ json: JSON, named name: String) throws(UnreadableMessage) -> MeasureValue {
    switch json {
    case .bool(let flag): return .boolean(flag)
    case .string(let text): return .varchar(text)
    case .number(let text):
      guard let number = DecimalNumber(text.utf8Span.span) else { break }
      // By its text: 10.0 is no integer, whatever its value.
      if keepsIntegers,
        !text.utf8.contains(where: { [UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains($0) })
      {
        guard let integer = number.int64 else { throw UnreadableMessage(reason: "\(name) is too large for 64 bits") }
        return .bigint(integer)
      }
      guard let value = number.double.flatMap({ MeasureValue.finite($0) }) else {
        throw UnreadableMessage(reason: "\(name) is too large for a double")
      }
      return value
    default: break
    }
    throw UnreadableMessage(reason: "\(name) must be a number, a boolean or a text, not \(json.kind)")
  }
}
