import CacheSupport
import SQLiteStore

/// Parameters of AWS Systems Manager.
///
/// See <https://docs.aws.amazon.com/systems-manager/latest/APIReference/Welcome.html>.
struct SSMService: ServiceModule {
  let endpoint: JSONEndpoint? = JSONEndpoint(targetPrefix: "AmazonSSM", signingName: "ssm", jsonVersion: "1.1")
  let storage: Storage
  let account: Account
  let store: ParameterStore

  init(storage: Storage, account: Account, clock: WallClock) {
    self.storage = storage
    self.account = account
    store = ParameterStore(clock: clock)
  }

  var operations: [Operation] {
    [
      Operation("GetParameter", getParameter), Operation("GetParameters", getParameters),
      Operation("GetParametersByPath", getParametersByPath), Operation("PutParameter", putParameter),
      Operation("DeleteParameter", deleteParameter), Operation("DeleteParameters", deleteParameters),
      Operation("DescribeParameters", describeParameters), Operation("GetParameterHistory", getParameterHistory),
      Operation("LabelParameterVersion", labelParameterVersion),
      Operation("UnlabelParameterVersion", unlabelParameterVersion),
      Operation("AddTagsToResource", addTagsToResource),
      Operation("RemoveTagsFromResource", removeTagsFromResource),
      Operation("ListTagsForResource", listTagsForResource),
    ]
  }

  // MARK: For what runs inside the local cloud

  func put(_ name: String, type: String, value: String) throws(ServiceError) {
    try storage.writeAndWait { [store] connection throws(ServiceError) in
      _ = try store.put(Parameter(name, type: type, value: value), connection)
    }
  }

  func value(of name: String) throws(ServiceError) -> String? { try typeAndValue(of: name)?.value }

  func typeAndValue(of name: String) throws(ServiceError) -> (type: String, value: String)? {
    let found = try storage.read { connection throws(ServiceError) in try store.find(ParameterName(name), connection) }
    return found.map { ($0.type, $0.value) }
  }

  // MARK: Answers

  func arn(_ name: ParameterName) -> String {
    let slash = name.text.text.utf8.first == UInt8(ascii: "/") ? "" : "/"
    return "arn:aws:ssm:\(account.region):\(account.id):parameter\(slash)\(name.text)"
  }

  /// The value as the service shows it. Without decryption a secure string comes as its cipher text; what stands for it here is
  /// as useless.
  func shown(_ parameter: Parameter, decrypts: Bool) -> String {
    parameter.type == "SecureString" && !decrypts
      ? "kms:\(parameter.keyID ?? Parameter.defaultKey):\(RandomID.uuid())" : parameter.value
  }

  /// A parameter as the service shows it.
  func json(_ parameter: Parameter, decrypts: Bool, selector: String? = nil) -> JSON {
    var object: JSONObject = [
      "Name": .string(parameter.shownName), "Type": .string(parameter.type),
      "Value": .string(shown(parameter, decrypts: decrypts)), "Version": .integer(parameter.version),
      "LastModifiedDate": .double(Double(parameter.modified) / 1000), "ARN": .string(arn(parameter.name)),
      "DataType": .string(parameter.dataType),
    ]
    object["Selector"] = selector.map { .string(":" + $0) }
    return .object(object)
  }

  static let notFound = ServiceError(type: "ParameterNotFound")
}
