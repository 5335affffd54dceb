/// A resource of a template that a module stands up: its description, read from the properties.
protocol TemplateResource: Sendable {
  /// Such as `AWS::SQS::Queue`.
  static var type: String { get }
  /// The property that gives the name; nil for what goes by its logical ID.
  static var nameProperty: String? { get }
  /// What people call it, such as `queue`. Several are `queues`.
  static var noun: String { get }
  /// Whether data stay where it has left the template.
  static var keepsData: Bool { get }

  /// - Parameter name: what ``ResourceNames/name()`` came to.
  /// - Throws: ``TemplateError`` for what the module does not emulate.
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError)

  /// What no two of a stack share.
  var name: String { get }
  /// What is stood up for it: the same resource as of another type, where the type is a shorter way to say it.
  var standing: any TemplateResource { get }
  /// The resources that SAM makes of it beside itself. Asked for once the stack has all of the template's.
  func parts(of logicalID: String, in stack: Stack) -> [StackResource]
  /// What must hold in the whole stack, such as that a queue which is named is there.
  func check(in stack: Stack) throws(TemplateError)
  /// What is no error, and seldom meant, each with what to do.
  func warnings(in stack: Stack) -> [String]
  /// What of the plan these are.
  static func plan(of resources: [Self], in stack: Stack) -> [PlanLine]

  /// What `Ref` is.
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String
  /// What `GetAtt` is; nil for an attribute that the local cloud does not know.
  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String?
}

extension TemplateResource {
  static var keepsData: Bool { true }

  /// What CloudFormation calls the type, after SAM's transform.
  static var deployedType: String {
    switch type {
    case "AWS::Serverless::Function": "AWS::Lambda::Function"
    case "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table"
    case "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api"
    case "AWS::Serverless::Api": "AWS::ApiGateway::RestApi"
    default: type
    }
  }
  var standing: any TemplateResource { self }
  func parts(of logicalID: String, in stack: Stack) -> [StackResource] { [] }
  func check(in stack: Stack) throws(TemplateError) {}
  func warnings(in stack: Stack) -> [String] { [] }
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { try names.name() }
  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? { nil }
}

/// A line of the plan.
struct PlanLine: Sendable, Hashable {
  var kind: String
  var name: String
  var details: [String]

  /// - Parameter details: empty ones are left out.
  init(_ kind: String, _ name: String, _ details: String...) {
    self.kind = kind
    self.name = name
    self.details = details.filter { !$0.isEmpty }
  }
}

/// The resource types that all modules stand up together.
struct ResourceTypes: Sendable {
  /// In the order in which they are stood up.
  let all: [any TemplateResource.Type]

  subscript(type: String) -> (any TemplateResource.Type)? { all.first { $0.type == type } }

  /// The place of a type in the order.
  func place(of type: String) -> Int { all.firstIndex { $0.type == type } ?? all.count }
}
