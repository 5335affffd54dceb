import CacheSupport

/// Passes once over the body of WriteRecords. What it throws, but for a ``ServiceError``, is that the body is no JSON.
struct WriteRecordsReader: ~Escapable {
  typealias Parts = WriteRecordsRequest.Parts

  private var json: JSONReader
  private(set) var constraints = Constraints()
  private(set) var database: String?
  private(set) var table: String?
  private(set) var common: Parts?
  private(set) var records: [Parts] = []
  private(set) var dimensions: [WriteRecordsRequest.Dimension] = []
  private(set) var measures: [WriteRecordsRequest.Measure] = []

  /// What lies past these is counted, but not kept.
  private static let recordLimit = 100
  private static let dimensionLimit = 128
  /// One more than a record may have, which says that there were too many.
  private static let measureLimit = 257

  @_lifetime(copy body)
  init(_ body: Span<UInt8>) { json = JSONReader(body) }

  /// Where parts stand in the request, for messages alone.
  private enum Place {
    case common
    case record(Int)

    var text: String {
      switch self {
      case .common: "commonAttributes"
      case .record(let index): "records.\(index + 1).member"
      }
    }
  }

  /// Where an element of a list within a part stands.
  private typealias Element = (list: StaticString, index: Int)

  @_lifetime(self: copy self)
  mutating func read() throws {
    var count: Int?
    try json.beginObject()
    while try json.nextMember() {
      if json.isNamed("Records") {
        count = try readRecords()
      } else if json.isNamed("CommonAttributes") {
        common = try enters(.object, "Structure") ? try parts(.common) : nil
      } else if json.isNamed("DatabaseName") {
        database = try text("databaseName", 1...256).map { try json.text($0) }
      } else if json.isNamed("TableName") {
        table = try text("tableName", 1...256).map { try json.text($0) }
      } else {
        try json.skip()
      }
    }
    try json.end()
    if database == nil { constraints.violate("databaseName", nil, "not be null") }
    if table == nil { constraints.violate("tableName", nil, "not be null") }
    guard let count else { return constraints.violate("records", nil, "not be null") }
    if count == 0 { constraints.violate("records", "[]", "have length greater than or equal to 1") }
    if count > Self.recordLimit {
      constraints.violate(
        "records", "[\(count) elements]", "have length less than or equal to \(Self.recordLimit)")
    }
  }

  /// - Returns: how many there are; nil for null.
  @_lifetime(self: copy self)
  private mutating func readRecords() throws -> Int? {
    records = []
    guard try enters(.array, "List") else { return nil }
    records.reserveCapacity(Self.recordLimit)
    var count = 0
    while try json.nextElement() {
      try requireStructure()
      count += 1
      if count > Self.recordLimit { try json.skip() } else { records.append(try parts(.record(count - 1))) }
    }
    return count
  }

  /// Reads a record, or the common attributes.
  @_lifetime(self: copy self)
  private mutating func parts(_ place: Place) throws -> Parts {
    var parts = Parts()
    let (firstDimension, firstMeasure) = (dimensions.count, measures.count)
    try json.beginObject()
    while try json.nextMember() {
      if json.isNamed("Time") {
        parts.time = try text("time", 1...256, place)
      } else if json.isNamed("MeasureValues") {
        // Of a member that comes twice the last counts.
        measures.removeSubrange(firstMeasure...)
        parts.measureValues = try readMeasures(place)
      } else if json.isNamed("Dimensions") {
        dimensions.removeSubrange(firstDimension...)
        parts.dimensions = try readDimensions(place)
      } else if json.isNamed("MeasureName") {
        parts.measureName = try text("measureName", 1...256, place)
      } else if json.isNamed("MeasureValue") {
        parts.measureValue = try text("measureValue", 1...2048, place)
      } else if json.isNamed("MeasureValueType") {
        parts.measureType = try choice("measureValueType", place, nil)
      } else if json.isNamed("TimeUnit") {
        parts.unit = try choice("timeUnit", place, nil)
      } else if json.isNamed("Version") {
        parts.version = try integer()
      } else {
        try json.skip()
      }
    }
    return parts
  }

  @_lifetime(self: copy self)
  private mutating func readDimensions(_ place: Place) throws -> Range<Int> {
    let start = dimensions.count
    var count = 0
    guard try enters(.array, "List") else { return start..<start }
    while try json.nextElement() {
      try requireStructure()
      let element: Element = ("dimensions", count)
      count += 1
      guard count <= Self.dimensionLimit else {
        try json.skip()
        continue
      }
      var (name, value): (JSONToken?, JSONToken?) = (nil, nil)
      try json.beginObject()
      while try json.nextMember() {
        if json.isNamed("Name") {
          name = try text("name", 1...256, place, element)
        } else if json.isNamed("Value") {
          value = try text("value", nil, place, element)
        } else if json.isNamed("DimensionValueType") {
          try requireVarchar(place, element)
        } else {
          try json.skip()
        }
      }
      if name == nil { constraints.violate(Self.path("name", place, element), nil, "not be null") }
      if value == nil { constraints.violate(Self.path("value", place, element), nil, "not be null") }
      // What lacks one is refused when all is read.
      if let name, let value { dimensions.append(.init(name: name, value: value)) }
    }
    if count > Self.dimensionLimit {
      constraints.violate(
        Self.path("dimensions", place, nil), "[\(count) elements]",
        "have length less than or equal to \(Self.dimensionLimit)")
    }
    return start..<dimensions.count
  }

  /// The one type that a dimension may have.
  @_lifetime(self: copy self)
  private mutating func requireVarchar(_ place: Place, _ element: Element) throws {
    guard let token = try text("dimensionValueType", nil, place, element) else { return }
    guard !json.equals(token, "VARCHAR") else { return }
    constraints.violate(
      Self.path("dimensionValueType", place, element), try json.text(token),
      "satisfy enum value set: [VARCHAR]")
  }

  @_lifetime(self: copy self)
  private mutating func readMeasures(_ place: Place) throws -> Range<Int>? {
    let start = measures.count
    var count = 0
    guard try enters(.array, "List") else { return nil }
    while try json.nextElement() {
      try requireStructure()
      let element: Element = ("measureValues", count)
      count += 1
      guard count <= Self.measureLimit else {
        try json.skip()
        continue
      }
      var (name, value): (JSONToken?, JSONToken?) = (nil, nil)
      var type: WriteRecordsRequest.MeasureType?
      var hasType = false
      try json.beginObject()
      while try json.nextMember() {
        if json.isNamed("Name") {
          name = try text("name", 1...256, place, element)
        } else if json.isNamed("Value") {
          value = try text("value", 1...2048, place, element)
        } else if json.isNamed("Type") {
          hasType = try json.peek() != .null
          type = try choice("type", place, element)
        } else {
          try json.skip()
        }
      }
      if name == nil { constraints.violate(Self.path("name", place, element), nil, "not be null") }
      if value == nil { constraints.violate(Self.path("value", place, element), nil, "not be null") }
      if !hasType { constraints.violate(Self.path("type", place, element), nil, "not be null") }
      if let name, let value, let type { measures.append(.init(name: name, value: value, type: type)) }
    }
    return start..<measures.count
  }

  // MARK: Values

  /// Makes sure that an array or object comes.
  ///
  /// - Returns: false for null, which is as if the member were absent.
  @_lifetime(self: copy self)
  private mutating func enters(_ kind: JSONToken.Kind, _ wanted: String) throws -> Bool {
    let found = try json.peek()
    if found == kind {
      if kind == .array { try json.beginArray() }
      return true
    }
    let token = try json.token()
    guard found != .null else { return false }
    throw Input.kindError(found, json.bool(token), wanted: wanted)
  }

  @_lifetime(self: copy self)
  private mutating func requireStructure() throws {
    let kind = try json.peek()
    guard kind != .object else { return }
    throw Input.kindError(kind, json.bool(try json.token()), wanted: "Structure")
  }

  /// A text; nil for null.
  @_lifetime(self: copy self)
  private mutating func text(
    _ name: StaticString, _ length: ClosedRange<Int>?, _ place: Place? = nil, _ element: Element? = nil
  ) throws -> JSONToken? {
    let token = try json.token()
    guard token.kind == .string else {
      if token.kind == .null { return nil }
      throw Input.kindError(token.kind, json.bool(token), wanted: "String")
    }
    guard let length else { return token }
    // Never fewer bytes than Java's characters, nor more than three times as many.
    if let bytes = json.plainBytes(token), length.contains(bytes.count) { return token }
    let text = try json.text(token)
    let count = text.utf16.count
    if count < length.lowerBound {
      constraints.violate(
        Self.path(name, place, element), text, "have length greater than or equal to \(length.lowerBound)")
    }
    if count > length.upperBound {
      constraints.violate(
        Self.path(name, place, element), text, "have length less than or equal to \(length.upperBound)")
    }
    return token
  }

  /// One of the words of the service's model; nil for null, and for a word that is refused.
  @_lifetime(self: copy self)
  private mutating func choice<Choice: ModelWord>(
    _ name: StaticString, _ place: Place, _ element: Element?
  ) throws -> Choice? {
    guard let token = try text(name, nil, place, element) else { return nil }
    for choice in Choice.words where json.equals(token, choice.word) { return choice.value }
    let words = Choice.words.map { "\($0.word)" }.joined(separator: ", ")
    constraints.violate(
      Self.path(name, place, element), try json.text(token), "satisfy enum value set: [\(words)]")
    return nil
  }

  /// A whole number; nil for null.
  @_lifetime(self: copy self)
  private mutating func integer() throws -> Int64? {
    let token = try json.token()
    if token.kind == .null { return nil }
    guard token.kind == .number, let value = json.int64(token) else {
      throw Input.kindError(token.kind, json.bool(token), wanted: "Integer")
    }
    return value
  }

  private static func path(
    _ name: StaticString, _ place: Place?, _ element: Element?
  ) -> String {
    let parts = [place?.text, element.map { "\($0.list).\($0.index + 1).member" }, "\(name)"]
    return parts.compactMap(\.self).joined(separator: ".")
  }
}
