import CacheSupport

/// Reads a description's members, each with its default and its bounds, and notices those that it does not know.
struct DescriptionReader {
  let name: String
  let json: JSON
  private var known: Set<String> = []

  init(name: String, json: JSON) {
    self.name = name
    self.json = json
  }

  func error(_ member: String, _ reason: String) -> SourceError {
    SourceError(name, at: "description /\(member)", reason)
  }

  mutating func member(_ name: String) -> JSON? {
    known.insert(name)
    return json[name]
  }

  mutating func optionalText(_ member: String) throws(SourceError) -> String? {
    guard let value = self.member(member) else { return nil }
    guard let text = value.string, !text.isEmpty else { throw error(member, "give a text, not \(value.kind)") }
    return text
  }

  mutating func texts(_ member: String) throws(SourceError) -> [(String, String)] {
    guard let value = self.member(member) else { return [] }
    guard let object = value.object else { throw error(member, "give an object of texts, not \(value.kind)") }
    return try object.members.map { (name, value) throws(SourceError) in
      guard let text = value.string else { throw error("\(member)/\(name)", "give a text, not \(value.kind)") }
      return (name, text)
    }
  }

  mutating func template(_ member: String) throws(SourceError) -> URLTemplate {
    guard let text = try optionalText(member) else { throw error(member, "is missing: it says where to ask") }
    return try urlTemplate(text, member)
  }

  func urlTemplate(_ text: String, _ member: String) throws(SourceError) -> URLTemplate {
    guard text.hasPrefix("http://") || text.hasPrefix("https://") else {
      throw error(member, "must start with https:// or http://")
    }
    return try template(text, at: "/\(member)", encodes: true)
  }

  func template(_ text: String, at place: String, encodes: Bool) throws(SourceError) -> URLTemplate {
    do throws(URLTemplate.Failure) { return try URLTemplate(text, encodes: encodes) } catch {
      throw SourceError(name, at: "description \(place)", error.reason)
    }
  }

  mutating func duration(_ member: String, default: Int64) throws(SourceError) -> Int64 {
    guard let text = try optionalText(member) else { return `default` }
    guard let milliseconds = TimeExpression.duration(text) else {
      throw error(member, "'\(text)' is not a length of time: give a number and s, m, h, d or w, such as 24h")
    }
    return milliseconds
  }

  mutating func integer(_ member: String, default: Int, in range: ClosedRange<Int>) throws(SourceError) -> Int {
    guard let value = self.member(member) else { return `default` }
    guard let number = value.int, range.contains(number) else {
      throw error(member, "give a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  mutating func optionalPointer(_ member: String) throws(SourceError) -> JSONPointer? {
    guard let value = self.member(member) else { return nil }
    guard let text = value.string else { throw error(member, "give a JSON Pointer, not \(value.kind)") }
    return try pointer(text, member)
  }

  func pointer(_ text: String, _ member: String) throws(SourceError) -> JSONPointer {
    guard let pointer = JSONPointer(text) else {
      throw error(member, "'\(text)' is no JSON Pointer (RFC 6901): it is empty or starts with '/'")
    }
    return pointer
  }

  mutating func layout() throws(SourceError) -> SourceDescription.Layout {
    switch (try optionalPointer("rows"), try optionalPointer("columns")) {
    case (let rows?, nil): return .rows(rows)
    case (nil, let columns?): return .columns(columns)
    case (nil, nil): throw error("rows", "is missing: give rows (an array of objects) or columns (an object of arrays)")
    case (_?, _?): throw error("rows", "give rows or columns, not both")
    }
  }

  /// The time's place is nil where a row's time is the fetch's.
  mutating func time(
    _ layout: SourceDescription.Layout
  ) throws(SourceError) -> (JSONPointer?, TimeFormat, JSONPointer?) {
    guard let value = member("time") else { throw error("time", "is missing: it says where a row's time is") }
    if value.string == "now" {
      guard case .rows = layout else {
        throw error("time", "is now, which rows may be but columns not: one instant has one value of a measure")
      }
      return (nil, .iso8601, nil)
    }
    if let text = value.string { return (try pointer(text, "time"), .iso8601, nil) }
    guard value.object != nil else {
      throw error("time", "give a JSON Pointer, or an object of at, format and utcOffset, not \(value.kind)")
    }
    try refuseUnknown(value, at: "time", known: ["at", "format", "utcOffset"])
    guard let at = value["at"]?.string else { throw error("time/at", "give a JSON Pointer") }
    let format = value["format"] ?? .string(TimeFormat.iso8601.rawValue)
    guard let timeFormat = format.string.flatMap({ TimeFormat(rawValue: $0) }) else {
      throw error(
        "time/format",
        "'\(format.string ?? format.kind)' is not one of \(TimeFormat.allCases.map(\.rawValue).joined(separator: ", "))"
      )
    }
    let offset = try value["utcOffset"].map { offset throws(SourceError) in
      guard let text = offset.string else { throw error("time/utcOffset", "give a JSON Pointer, not \(offset.kind)") }
      return try pointer(text, "time/utcOffset")
    }
    return (try pointer(at, "time/at"), timeFormat, offset)
  }

  mutating func measures() throws(SourceError) -> [SourceDescription.MeasurePlace] {
    guard let object = member("measures")?.object, !object.isEmpty else {
      throw error("measures", "give an object of names and places, at least one")
    }
    guard object.members.count <= 256 else {
      throw error("measures", "has \(object.members.count) measures: a record has up to 256 of them")
    }
    return try object.members.map { (name, value) throws(SourceError) in
      // Columns of the history's table that are not measures.
      guard !["", "time", "identifier", "measure_name", "measure_value"].contains(name), name.utf8.count <= 256,
        !name.hasPrefix("ts_"), !name.hasPrefix("measure_name"), !name.contains(","), !name.hasPrefix(" "),
        !name.hasSuffix(" ")
      else {
        throw error(
          "measures/\(name)",
          "is no name for a measure: the stores keep it for themselves, it is too long, or has a comma or a blank at an end"
        )
      }
      return try measure(name, value)
    }.sorted { ByteText($0.name) < ByteText($1.name) }
  }

  private func measure(_ name: String, _ value: JSON) throws(SourceError) -> SourceDescription.MeasurePlace {
    let place = "measures/\(name)"
    if let text = value.string { return .init(name: name, place: try pointer(text, place), type: .double) }
    guard value.object != nil else {
      throw error(place, "give a JSON Pointer, or an object of at and type, not \(value.kind)")
    }
    try refuseUnknown(value, at: place, known: ["at", "type"])
    guard let at = value["at"]?.string else { throw error("\(place)/at", "give a JSON Pointer") }
    guard let type = value["type"] else {
      return .init(name: name, place: try pointer(at, "\(place)/at"), type: .double)
    }
    guard let known = type.string.flatMap({ SourceDescription.MeasureType(rawValue: $0) }) else {
      throw error("\(place)/type", "'\(type.string ?? type.kind)' is not one of double, bigint, varchar, boolean")
    }
    return .init(name: name, place: try pointer(at, "\(place)/at"), type: known)
  }

  func refuseUnknown(_ value: JSON, at place: String, known: [String]) throws(SourceError) {
    if let other = value.object?.members.first(where: { !known.contains($0.name) }) {
      throw error(
        "\(place)/\(other.name)",
        "is no known member: \(known.dropLast().joined(separator: ", ")) and \(known.last ?? "") are")
    }
  }

  func refuseUnknownMembers() throws(SourceError) {
    guard let object = json.object else { throw error("", "give an object, not \(json.kind)") }
    for member in object.members where !known.contains(member.name) {
      throw error(member.name, "is no known member: \(known.sorted().joined(separator: ", ")) are")
    }
  }
}
