import CacheSupport

/// AWS Security Token Service, as far as tools ask it who they are.
///
/// See <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
struct STSService: ServiceModule {
  private let account: Account

  init(_ context: ModuleContext) { self.init(account: context.account) }

  init(account: Account) { self.account = account }

  let queryEndpoint: QueryEndpoint? = QueryEndpoint(
    signingName: "sts", version: "2011-06-15", namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    shapes: ["GetCallerIdentity": .init([], [QueryMember("Arn"), QueryMember("UserId"), QueryMember("Account")])])

  var operations: [Operation] { [Operation("GetCallerIdentity", callerIdentity)] }

  /// The one key pair of this cloud is its account's own.
  private func callerIdentity(_: OperationRequest) throws(ServiceError) -> Operation.Step {
    .answer(
      Answer([
        "Arn": .string("arn:aws:iam::\(account.id):root"), "UserId": .string(account.id),
        "Account": .string(account.id),
      ]))
  }
}
