import CacheSupport

extension DescriptionReader {
  /// `first`: a request before the others.
  mutating func first(_ url: URLTemplate) throws(SourceError) -> SourceDescription.First? {
    typealias First = SourceDescription.First
    guard let value = try object("first", "url and values", known: ["url", "values"]) else { return nil }
    guard let text = value["url"]?.string else { throw error("first/url", "is missing: it says where to ask first") }
    let first = try urlTemplate(text, "first/url")
    guard let values = value["values"]?.object, !values.isEmpty, values.count <= First.maximumValues else {
      throw error("first/values", "give an object of names and places, 1 to \(First.maximumValues)")
    }
    let places = try values.members.map { (name, place) throws(SourceError) in
      let member = "first/values/\(name)"
      guard !["identifier", "key", "from", "to"].contains(name) else {
        throw error(member, "is a name that has a meaning already: give another")
      }
      guard url.uses(ByteText(name)) else { throw error(member, "is not used: url has no {\(name)}") }
      guard let text = place.string else { throw error(member, "give a JSON Pointer, not \(place.kind)") }
      return First.Value(name: ByteText(name), place: try pointer(text, member))
    }
    return First(url: first, values: places.sorted { $0.name < $1.name })
  }

  /// `series`: each row its own.
  mutating func series(
    measures: [SourceDescription.MeasurePlace]
  ) throws(SourceError) -> SourceDescription.RowSeries? {
    typealias RowSeries = SourceDescription.RowSeries
    guard
      let value = try object("series", "measurement and tags", known: ["measurement", "tags", "bucket"])
    else { return nil }
    guard let measurement = value["measurement"]?.string, !measurement.isEmpty else {
      throw error("series/measurement", "give a text: what is measured")
    }
    guard let tags = value["tags"]?.object, (1...RowSeries.maximumTags).contains(tags.count) else {
      throw error("series/tags", "give an object of names and places, 1 to \(RowSeries.maximumTags)")
    }
    var series = RowSeries(measurement: ByteText(measurement), bucket: name, places: [], constants: [])
    if let bucket = value["bucket"] {
      guard let text = bucket.string, !text.isEmpty else {
        throw error("series/bucket", "give a text, not \(bucket.kind)")
      }
      series.bucket = text
    }
    for (name, tag) in tags.members {
      let member = "series/tags/\(name)"
      guard !["", "time", "measure_name"].contains(name), !measures.contains(where: { $0.name.hasSameBytes(as: name) })
      else { throw error(member, "is no name for a tag: it is empty, kept by the stores, or a measure's") }
      if let constant = tag["value"] {
        series.constants.append(try self.constant(ByteText(name), tag, constant, member))
      } else {
        series.places.append(try place(ByteText(name), tag, member))
      }
    }
    guard !series.places.isEmpty else {
      throw error("series/tags", "have no place in a row: without one, all rows are of one series")
    }
    series.places.sort { $0.name < $1.name }
    series.constants.sort { $0.name < $1.name }
    return series
  }

  private func constant(
    _ name: ByteText, _ tag: JSON, _ value: JSON, _ member: String
  ) throws(SourceError) -> SourceDescription.RowSeries.TagConstant {
    try refuseUnknown(tag, at: member, known: ["value"])
    guard let text = value.string, !text.isEmpty else {
      throw error("\(member)/value", "give a text, not \(value.kind)")
    }
    let template = try template(text, at: "/\(member)/value", encodes: false)
    // A tag is there for everybody to read, and a time would make a new series of each fetch.
    guard !template.uses("key"), !template.usesTime else {
      throw error("\(member)/value", "may name only {identifier} and the item's attributes")
    }
    return .init(name: name, value: template)
  }

  private func place(
    _ name: ByteText, _ tag: JSON, _ member: String
  ) throws(SourceError) -> SourceDescription.RowSeries.TagPlace {
    if let text = tag.string { return .init(name: name, place: try pointer(text, member)) }
    guard tag.object != nil else {
      throw error(member, "give a JSON Pointer, or an object of at and values, or of value, not \(tag.kind)")
    }
    try refuseUnknown(tag, at: member, known: ["at", "values"])
    guard let at = tag["at"]?.string else { throw error("\(member)/at", "give a JSON Pointer") }
    var place = SourceDescription.RowSeries.TagPlace(name: name, place: try pointer(at, "\(member)/at"))
    guard let values = tag["values"] else { return place }
    guard let object = values.object, !object.isEmpty else {
      throw error("\(member)/values", "give an object of texts, not \(values.kind)")
    }
    var texts: [ByteText: ByteText] = [:]
    for (old, new) in object.members {
      guard let new = new.string, !new.isEmpty else { throw error("\(member)/values/\(old)", "give a text") }
      texts[ByteText(old)] = ByteText(new)
    }
    place.values = texts
    return place
  }

  /// `every`: a schedule of the source's own.
  mutating func every() throws(SourceError) -> Int64? {
    guard let text = try optionalText("every") else { return nil }
    guard let length = TimeExpression.duration(text), length > 0, length % SourceDescription.scheduleStep == 0 else {
      throw error("every", "'\(text)' is not a multiple of five minutes: give 5m, 20m, 1h, 1d, and so on")
    }
    return length
  }

  private mutating func object(
    _ member: String, _ parts: String, known: [String]
  ) throws(SourceError) -> JSON? {
    guard let value = self.member(member) else { return nil }
    guard value.object != nil else { throw error(member, "give an object of \(parts), not \(value.kind)") }
    try refuseUnknown(value, at: member, known: known)
    return value
  }
}
