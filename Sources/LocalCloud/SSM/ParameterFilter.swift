import CacheSupport
import SQLiteStore

/// Which parameters a list is to have: those whose property is one of some texts, or begins with one.
///
/// See <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html>.
struct ParameterFilter: Sendable {
  let key: String
  let option: String
  let values: [String]

  init(_ key: String, _ option: String = "Equals", _ values: [String]) {
    self.key = key
    self.option = option
    self.values = values
  }

  /// What is below a path, without or with what is deeper.
  init(below path: String, recursively: Bool) { self.init("Path", recursively ? "Recursive" : "OneLevel", [path]) }

  var isOfLabel: Bool { key.hasSameBytes(as: "Label") }

  /// The condition on `n`, the parameter, and `v`, its version.
  var condition: (sql: String, values: [SQLValue]) {
    if key.hasSameBytes(as: "Path") { return either(values.map(path)) }
    if key.utf8.starts(with: "tag:".utf8) {
      let tag = SQLValue.text(String(Substring(key.utf8.dropFirst(4))))
      let matches = values.isEmpty ? ("true", []) : either(values.map { match("t.value", $0) })
      return (
        "EXISTS (SELECT 1 FROM json_each(coalesce(n.tags, '{}')) AS t WHERE t.key = ? AND \(matches.0))",
        [tag] + matches.1
      )
    }
    if isOfLabel {
      let matches = either(values.map { match("l.label", $0) })
      return (
        "v.version IN (SELECT l.version FROM ssm_labels AS l WHERE l.name = n.name AND \(matches.sql))", matches.values
      )
    }
    if key.hasSameBytes(as: "Name"), option == "Equals" {
      return either(values.map { match("n.name", ParameterName($0).text.text) })
    }
    guard let column = Self.columns[ByteText(key)] else {
      // Of a name that has two spellings, either is found.
      return either(values.flatMap { [match("n.name", $0), match("v.spelling", $0)] })
    }
    return either(values.map { match(column, $0) })
  }

  private static let columns: [ByteText: String] = [
    "Type": "v.type", "Tier": "v.tier", "KeyId": "v.key_id", "DataType": "v.data_type",
  ]

  private func either(_ conditions: [(sql: String, values: [SQLValue])]) -> (sql: String, values: [SQLValue]) {
    ("(\(conditions.map(\.sql).joined(separator: " OR ")))", conditions.flatMap(\.values))
  }

  private func match(_ column: String, _ value: String) -> (sql: String, values: [SQLValue]) {
    switch option {
    case "BeginsWith": ("substr(\(column), 1, length(?)) = ?", [.text(value), .text(value)])
    case "Contains": ("instr(\(column), ?) > 0", [.text(value)])
    default: ("\(column) = ?", [.text(value)])
    }
  }

  private func path(_ path: String) -> (sql: String, values: [SQLValue]) {
    let folder = path.utf8.last == UInt8(ascii: "/") ? path : path + "/"
    guard option == "Recursive" else { return ("n.folder = ?", [.text(folder)]) }
    guard folder != "/" else { return ("true", []) }
    // The names that begin with it: a zero comes right after a slash.
    return ("(n.name > ? AND n.name < ?)", [.text(folder), .text(folder.dropLast() + "0")])
  }
}

extension ParameterFilter {
  /// Reads a list's filters.
  ///
  /// - Parameter isByPath: whether a path is given beside them: then they are fewer.
  /// - Throws: Parameter Store's words for what is no filter.
  static func filters(_ input: inout Input, isByPath: Bool) throws(ServiceError) -> [ParameterFilter] {
    let elements = try input.array("ParameterFilters", count: 0...most) ?? []
    var filters: [ParameterFilter] = []
    for var part in try input.structures(elements, of: "ParameterFilters") {
      let key = try part.string("Key", required: true, length: 1...132, pattern: keys) ?? ""
      let option = try part.string("Option", length: 1...10)
      let values = try part.texts("Values", count: 1...50) ?? []
      part.check(values)
      input.absorb(part)
      let known = key.hasSameBytes(as: "Path") ? "OneLevel" : "Equals"
      filters.append(ParameterFilter(key, option ?? known, values))
    }
    try input.check()
    for (index, filter) in filters.enumerated() {
      try filter.check(isByPath: isByPath)
      guard !filters[..<index].contains(where: { $0.key.hasSameBytes(as: filter.key) }) else {
        throw ServiceError(
          type: "InvalidFilterKey",
          message:
            "The following filter is duplicated in the request: \(filter.key). A request can contain only one occurrence of a specific filter."
        )
      }
    }
    return filters
  }

  /// Reads the older form of filters, which knows three keys: names that begin with a value, types and keys that are one.
  ///
  /// - Throws: Parameter Store's words for what is no filter, and where both forms are there.
  static func older(_ input: inout Input) throws(ServiceError) -> [ParameterFilter] {
    guard let elements = try input.array("Filters") else { return [] }
    guard !input.has("ParameterFilters") else {
      throw SSMService.validation("You can use either Filters or ParameterFilters in a single request.")
    }
    var filters: [ParameterFilter] = []
    for var part in try input.structures(elements, of: "Filters") {
      let key = try part.string("Key", required: true, values: ["Name", "Type", "KeyId"]) ?? ""
      let values = try part.texts("Values", required: true, count: 1...50) ?? []
      part.check(values)
      input.absorb(part)
      filters.append(ParameterFilter(key, key == "Name" ? "BeginsWith" : "Equals", values))
    }
    try input.check()
    return filters
  }

  /// Filters that a list takes at most.
  private static let most: Int = 50

  private static let keys = Input.Pattern(text: "tag:.+|Name|Type|KeyId|Path|Label|Tier|DataType") { key in
    columns[ByteText(key)] != nil || ["Name", "Path", "Label"].contains { key.hasSameBytes(as: $0) }
      || key.utf8.count > 4 && key.utf8.starts(with: "tag:".utf8)
  }

  private func check(isByPath: Bool) throws(ServiceError) {
    let forbidden = isByPath ? ["Name", "Path", "Tier"] : ["Label"]
    guard !forbidden.contains(where: { key.hasSameBytes(as: $0) }) else {
      throw ServiceError(
        type: "InvalidFilterKey",
        message:
          "The following filter key is not valid: \(key). Valid filter keys include: \(isByPath ? "[Type, KeyId]" : "[Path, Name, Type, KeyId, Tier]")."
      )
    }
    guard !values.isEmpty || key.utf8.starts(with: "tag:".utf8) else {
      throw ServiceError(
        type: "InvalidFilterValue", message: "The following filter values are missing : null for filter key \(key).")
    }
    let isPath = key.hasSameBytes(as: "Path")
    var options = isPath ? ["Recursive", "OneLevel"] : ["BeginsWith", "Equals"]
    let told = options.joined(separator: ", ")
    if key.hasSameBytes(as: "Name") { options.append("Contains") }
    guard options.contains(where: { option.hasSameBytes(as: $0) }) else {
      throw Self.invalidOption("The following filter option is not valid: \(option). Valid options include: [\(told)].")
    }
    let known = [
      "Type": ["String", "StringList", "SecureString"], "Tier": ["Standard", "Advanced", "Intelligent-Tiering"],
    ]
    if let known = known[key], let value = values.first(where: { !known.contains($0) }) {
      throw Self.invalidOption(
        "The following filter value is not valid: \(value). Valid values include: [\(known.joined(separator: ", "))].")
    }
    guard isPath else { return }
    for value in values {
      let start = value.utf8.prefix(4).map { ASCII.lowercased($0) }
      guard !start.elementsEqual("/aws".utf8), !start.elementsEqual("/ssm".utf8) else {
        throw SSMService.validation(
          "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). When using global parameters, please specify within a global namespace."
        )
      }
      try SSMService.check(path: value)
    }
  }

  private static func invalidOption(_ message: String) -> ServiceError {
    ServiceError(type: "InvalidFilterOption", message: message)
  }
}

extension Input {
  /// Whether each value of a filter is as long as one may be.
  fileprivate mutating func check(_ values: [String]) {
    guard values.contains(where: { !(1...1024).contains($0.utf16.count) }) else { return }
    violate(
      "Values", "[\(values.map { String($0.prefix(1024)) }.joined(separator: ", ").prefix(1024))]",
      inFull:
        "Member must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1]"
    )
  }
}
