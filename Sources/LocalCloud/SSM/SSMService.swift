import Basics

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
    guard let parameter = try find(name, decrypts: decrypts) else { throw Self.notFound }
    return parameter
  }

  private func getParameters(_ input: inout Input) throws(ServiceError) -> JSON {
    let names = try input.array("Names", required: true, count: 1...10) ?? []
    let decrypts = try input.bool("WithDecryption") ?? false
    try input.check()
    var found: [JSON] = []
    var invalid: [JSON] = []
    for name in names {
      if let parameter = try find(name.string ?? "", decrypts: decrypts) { found.append(parameter) } else { invalid.append(name) }
    }
    return ["Parameters": .array(found), "InvalidParameters": .array(invalid)]
  }

  private func putParameter(_ input: inout Input) throws(ServiceError) -> JSON {
    let name = try input.string("Name", required: true, length: 1...2048) ?? ""
    let value = try input.string("Value", required: true) ?? ""
    let given = try input.string("Type", values: ["String", "StringList", "SecureString"])
    let overwrites = try input.bool("Overwrite") ?? false
    try input.check()
    guard !value.isEmpty, value.utf8.count <= 8192 else {
      throw ServiceError(
        type: "ValidationException",
        message: "Parameter value, cannot be empty and can be at most 8192 characters long.")
    }
    let known = try find(name, decrypts: true)
    if known != nil, !overwrites {
      throw ServiceError(
        type: "ParameterAlreadyExists",
        message: "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.")
    }
    guard let type = given ?? known?["Type"]?.string else {
      throw ServiceError(type: "ValidationException", message: "A parameter type is required when you create a parameter.")
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
