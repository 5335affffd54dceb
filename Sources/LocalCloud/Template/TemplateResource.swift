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
  /// What must hold in the whole stack, such as that a queue which is named is there.
  func check(in stack: Stack) throws(TemplateError)
  /// What of the plan these are.
  static func plan(of resources: [Self], in stack: Stack) -> [PlanLine]

  /// What `Ref` is.
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String
  /// What `GetAtt` is; nil for an attribute that the local cloud does not know.
  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String?
}

extension TemplateResource {
  static var keepsData: Bool { true }
  func check(in stack: Stack) throws(TemplateError) {}
  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { try names.name() }
  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? { nil }

  /// What is told once it has left the template.
  fileprivate var leftover: String? { Self.keepsData ? "\(Self.noun) \(name)" : nil }
}

extension Stack {
  /// What stays in the data where the template has it no more, in words.
  var kept: [String] { resources.compactMap(\.leftover) }
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
