import CacheSupport

/// Parameters of AWS Systems Manager.
struct SSMService: Service {
  let targetPrefix = "AmazonSSM"
  let signingName = "ssm"
  let jsonVersion = "1.1"
  let storage: Storage
  let account: Account
  let clock: WallClock

  func call(_ operation: String, _ input: JSONObject, _ request: ServerRequest) throws(ServiceError) -> ServiceReply {
    var input = Input(input)
    switch operation {
    case "GetParameter": return .now(["Parameter": try getParameter(&input)])
    case "GetParameters": return .now(try getParameters(&input))
    case "PutParameter": return .now(try putParameter(&input))
    case "DeleteParameter": return .now(try deleteParameter(&input))
    default: throw .unknownOperation(operation)
    }
  }

  private func getParameter(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    let decrypts = try input.bool("WithDecryption") ?? false
    try input.check()
    return try selected(name, decrypts: decrypts)
  }

  /// A parameter by name or ARN, with or without `:version`; only the newest version is kept here.
  private func selected(_ text: String, decrypts: Bool) throws(ServiceError) -> JSON {
    var name = text
    if text.hasPrefix("arn:"), let start = text.firstRange(of: ":parameter/") {
      name = String(text[start.upperBound...])
      if name.contains("/") { name = "/" + name }
    }
    let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
    guard let bare = parts.first, let parameter = try find(bare, decrypts: decrypts) else { throw Self.notFound }
    if parts.count == 2, parameter["Version"]?.int64 != Int64(parts[1]) {
      throw ServiceError(
        type: "ParameterVersionNotFound",
        message: "Systems Manager could not find version \(parts[1]) of \(bare). Verify the version and try again.")
    }
    return parameter
  }

  private func getParameters(_ input: inout Input) throws(ServiceError) -> JSON {
    let names = try input.array("Names", required: true, count: 1...10) ?? []
    let decrypts = try input.bool("WithDecryption") ?? false
    try input.check()
    var found: [JSON] = []
    var invalid: [JSON] = []
    for name in names {
      if let parameter = try find(name.string ?? "", decrypts: decrypts) {
        found.append(parameter)
      } else {
        invalid.append(name)
      }
    }
    return ["Parameters": .array(found), "InvalidParameters": .array(invalid)]
  }

  private func putParameter(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    let value = try input.string("Value", required: true) ?? ""
    let given = try input.string("Type", values: ["String", "StringList", "SecureString"])
    let overwrites = try input.bool("Overwrite") ?? false
    let tier = try input.string("Tier", values: ["Standard", "Advanced", "Intelligent-Tiering"]) ?? "Standard"
    try input.check()
    try input.refuse("AllowedPattern", "Policies", "Tags")
    guard name.utf8.allSatisfy({ QueueAttributes.isNameByte($0) || "./".utf8.contains($0) }) else {
      throw ServiceError(
        type: "ValidationException",
        message:
          "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the following 3 symbols .-_"
      )
    }
    if tier == "Standard", value.utf8.count > 4096 {
      throw ServiceError(
        type: "ValidationException",
        message:
          "Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
      )
    }
    guard !value.isEmpty, value.utf8.count <= 8192 else {
      throw ServiceError(
        type: "ValidationException",
        message: "Parameter value, cannot be empty and can be at most 8192 characters long.")
    }
    let known = try find(name, decrypts: true)
    if known != nil, !overwrites {
      throw ServiceError(
        type: "ParameterAlreadyExists",
        message:
          "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
    }
    guard let type = given ?? known?["Type"]?.string else {
      throw ServiceError(
        type: "ValidationException", message: "A parameter type is required when you create a parameter.")
    }
    let version = (known?["Version"]?.int64 ?? 0) + 1
    try put(name, type: type, value: value, version: version)
    return ["Version": .integer(version), "Tier": value.utf8.count > 4096 ? "Advanced" : "Standard"]
  }

  func put(_ name: String, type: String, value: String, version: Int64 = 1) throws(ServiceError) {
    try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.run(
          "INSERT OR REPLACE INTO ssm_parameters VALUES (?, ?, ?, ?, ?)", .text(name), .text(type), .text(value),
          .integer(version), .integer(clock.now))
      }
    }
  }

  private func deleteParameter(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    try input.check()
    let removed = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.run("DELETE FROM ssm_parameters WHERE name = ?", .text(name))
        return connection.changes
      }
    }
    guard removed > 0 else { throw Self.notFound }
    return [:]
  }

  /// The parameter's value, for what runs inside the local cloud.
  func value(of name: String) throws(ServiceError) -> String? { try find(name, decrypts: true)?["Value"]?.string }

  func typeAndValue(of name: String) throws(ServiceError) -> (type: String, value: String)? {
    guard let found = try find(name, decrypts: true), let type = found["Type"]?.string,
      let value = found["Value"]?.string
    else { return nil }
    return (type, value)
  }

  private func find(_ name: String, decrypts: Bool) throws(ServiceError) -> JSON? {
    let row = try storing {
      try storage.database.with { connection throws(DatabaseError) in
        try connection.row("SELECT type, value, version, modified FROM ssm_parameters WHERE name = ?", .text(name))
      }
    }
    guard let row, let type = row[0].text, let value = row[1].text, let version = row[2].integer,
      let modified = row[3].integer
    else { return nil }
    // Without decryption a secure string comes as its cipher text; what stands for it here is as useless.
    let isHidden = type == "SecureString" && !decrypts
    return [
      "Name": .string(name), "Type": .string(type),
      "Value": .string(isHidden ? "kms:alias/aws/ssm:" + RandomID.uuid() : value),
      "Version": .integer(version), "LastModifiedDate": .double(Double(modified) / 1000),
      "ARN": .string("arn:aws:ssm:\(account.region):\(account.id):parameter\(name.hasPrefix("/") ? "" : "/")\(name)"),
      "DataType": "text",
    ]
  }

  private static let notFound = ServiceError(type: "ParameterNotFound")
}

/// Whose cloud this is.
struct Account: Sendable {
  var id: String = "000000000000"
  var region: String = "us-east-1"
}
