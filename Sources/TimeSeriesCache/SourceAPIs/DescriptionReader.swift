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

  private mutating func member(_ name: String) -> JSON? {
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
      throw error(member, "'\(text)' is no length of time: give a number and s, m, h, d or w, such as 24h")
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

  mutating func time() throws(SourceError) -> (JSONPointer, TimeFormat, JSONPointer?) {
    guard let value = member("time") else { throw error("time", "is missing: it says where a row's time is") }
    if let text = value.string { return (try pointer(text, "time"), .iso8601, nil) }
    guard let at = value["at"]?.string else { throw error("time/at", "give a JSON Pointer") }
    let format = value["format"]?.string ?? TimeFormat.iso8601.rawValue
    guard let timeFormat = TimeFormat(rawValue: format) else {
      throw error(
        "time/format", "'\(format)' is none of \(TimeFormat.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    let offset = try value["utcOffset"].map { offset throws(SourceError) in
      try pointer(offset.string ?? "?", "time/utcOffset")
    }
    if let other = value.object?.members.first(where: { !["at", "format", "utcOffset"].contains($0.name) }) {
      throw error("time/\(other.name)", "is no known member: at, format and utcOffset are")
    }
    return (try pointer(at, "time/at"), timeFormat, offset)
  }

  mutating func measures() throws(SourceError) -> [SourceDescription.MeasurePlace] {
    guard let object = member("measures")?.object, !object.isEmpty else {
      throw error("measures", "give an object of names and places, at least one")
    }
    return try object.members.map { (name, value) throws(SourceError) in
      // Columns of the history's table that are not measures.
      guard !["", "time", "identifier", "measure_name", "measure_value"].contains(name), name.utf8.count <= 256,
        !name.hasPrefix("ts_"), !name.hasPrefix("measure_name"), !name.contains(","), !name.hasPrefix(" "),
        !name.hasSuffix(" ")
      else {
        throw error(
          "measures/\(name)",
          "is no name for a measure: Timestream keeps it for itself, it is too long, or has a comma or a blank at an end"
        )
      }
      let type = value["type"]?.string ?? SourceDescription.MeasureType.double.rawValue
      guard let at = value.string ?? value["at"]?.string else { throw error("measures/\(name)", "give a JSON Pointer") }
      guard let measureType = SourceDescription.MeasureType(rawValue: type) else {
        throw error("measures/\(name)/type", "'\(type)' is none of double, bigint, varchar, boolean")
      }
      return SourceDescription.MeasurePlace(name: name, place: try pointer(at, "measures/\(name)"), type: measureType)
    }.sorted { $0.name < $1.name }
  }

  func refuseUnknownMembers() throws(SourceError) {
    guard let object = json.object else { throw error("", "give an object, not \(json.kind)") }
    for member in object.members where !known.contains(member.name) {
      throw error(member.name, "is no known member: \(known.sorted().joined(separator: ", ")) are")
    }
  }
}
