import CacheSupport
import SQLiteStore

extension SSMService {
  /// Labels that a version has at most.
  private static let mostLabels: Int = 10

  func labelParameterVersion(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = ParameterSelector.name(try input.string("Name", required: true, length: 1...2048) ?? "")
    let number = try input.integer("ParameterVersion")
    let labels = try Self.labels(&input)
    try input.check()
    let valid = labels.filter(Self.isLabel)
    return .writing { [store] connection throws(ServiceError) in
      let version = try Self.version(number, of: name, store, connection)
      let all = Set(try store.labels(of: name, version: version, connection)).union(valid)
      guard all.count <= Self.mostLabels else {
        throw ServiceError(
          type: "ParameterVersionLabelLimitExceeded",
          message:
            "An error occurred (ParameterVersionLabelLimitExceeded) when calling the LabelParameterVersion operation: A parameter version can have maximum 10 labels.Move one or more labels to another version and try again."
        )
      }
      try store.label(name, version: version, valid, connection)
      return Answer([
        "InvalidLabels": .array(labels.filter { !Self.isLabel($0) }.map { .string($0.text) }),
        "ParameterVersion": .integer(version),
      ])
    }
  }

  func unlabelParameterVersion(_ request: OperationRequest) throws(ServiceError) -> Operation.Step {
    var input = try request.input()
    let name = ParameterSelector.name(try input.string("Name", required: true, length: 1...2048) ?? "")
    let number = try input.integer("ParameterVersion", required: true)
    let labels = try Self.labels(&input)
    try input.check()
    return .writing { [store] connection throws(ServiceError) in
      let version = try Self.version(number, of: name, store, connection)
      var (removed, invalid): ([JSON], [JSON]) = ([], [])
      for label in labels {
        if try store.unlabel(name, version: version, label.text, connection) {
          removed.append(.string(label.text))
        } else {
          invalid.append(.string(label.text))
        }
      }
      return Answer(["RemovedLabels": .array(removed), "InvalidLabels": .array(invalid)])
    }
  }

  /// The labels of a request, each once.
  private static func labels(_ input: inout Input) throws(ServiceError) -> [ByteText] {
    var labels: [ByteText] = []
    for label in try input.array("Labels", required: true, count: 1...10) ?? [] {
      let text = label.string ?? ""
      if !(1...100).contains(text.utf16.count) {
        input.violate(
          "Labels", "[\(text)]",
          inFull:
            "Member must satisfy constraint: [Member must have length less than or equal to 100, Member must have length greater than or equal to 1]"
        )
      }
      if !labels.contains(ByteText(text)) { labels.append(ByteText(text)) }
    }
    return labels
  }

  /// Whether a version may have a label.
  private static func isLabel(_ label: ByteText) -> Bool {
    let bytes = label.text.utf8
    let prefix = bytes.prefix(3).map { ASCII.lowercased($0) }
    return bytes.allSatisfy { ASCII.isNameByte($0) || $0 == UInt8(ascii: ".") }
      && !(bytes.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? true)
      && !prefix.elementsEqual("aws".utf8) && !prefix.elementsEqual("ssm".utf8)
  }

  /// The version that a request means: that of the number, or the newest.
  private static func version(
    _ number: Int64?, of name: ParameterName, _ store: ParameterStore, _ connection: Connection
  ) throws(ServiceError) -> Int64 {
    guard let newest = try store.find(name, connection) else { throw notFound }
    guard let number else { return newest.version }
    guard try store.find(name, version: number, connection) != nil else {
      throw versionNotFound(String(number), of: newest)
    }
    return number
  }
}
