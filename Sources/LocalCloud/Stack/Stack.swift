import CacheSupport

/// What the local cloud stands up: the resources of a template, each as its module describes it.
struct Stack: Sendable {
  /// Where a stack is stood up.
  struct Site: Sendable {
    /// `http://127.0.0.1:4566`
    var address: String
    var accountID: String
    var region: String
    /// What every function's environment has beside its own variables: credentials, region, endpoint.
    var environment: [String: String]
    /// The folder with the functions' executables.
    var executables: String
    var stackName: String

    /// The same at each start.
    var stackID: String {
      "arn:aws:cloudformation:\(region):\(accountID):stack/\(stackName)/\(RandomID.uuid(of: Array(stackName.utf8)))"
    }
  }

  struct Output: Sendable, Hashable {
    var name: String
    var value: String
    var description: String?
    /// The name under which other stacks may import it.
    var exportName: String?
  }

  /// A parameter of the template with its value.
  struct Parameter: Sendable, Hashable {
    var name: String
    var value: String
    /// The value of the parameter of SSM that it names, where it stands for one.
    var resolved: String?
    /// Whether it is a secret.
    var isHidden: Bool
  }

  let template: Template
  /// The template's text.
  var source: String = ""
  let site: Site
  let types: ResourceTypes
  /// In the order in which they are stood up: by type, then as the template has them.
  private(set) var resources: [any TemplateResource] = []
  /// What CloudFormation tells: all resources, in the template's order, those that do nothing here included.
  var members: [StackResource] = []
  var parameters: [Parameter] = []
  /// What a person needs to know, by name.
  var outputs: [Output] = []
  /// The values of the template's parameters that are secrets.
  var secrets: [String] = []
  /// The logical IDs of resources that do nothing on this machine, by type.
  var ignoredResources: [String: [String]] = [:]
  /// The properties that do nothing on this machine, by type.
  var ignoredProperties: [String: Set<String>] = [:]

  init(at site: Site, of types: ResourceTypes, template: Template = Template()) {
    self.template = template
    self.site = site
    self.types = types
  }

  var name: String { site.stackName }
  var id: String { site.stackID }

  mutating func add(_ resource: any TemplateResource) {
    let place = types.place(of: type(of: resource).type)
    let end = resources.firstIndex { types.place(of: type(of: $0).type) > place } ?? resources.endIndex
    resources.insert(resource, at: end)
  }

  /// The resources of a type.
  func all<Resource: TemplateResource>(_ type: Resource.Type = Resource.self) -> [Resource] {
    resources.compactMap { $0 as? Resource }
  }

  /// A text that people see, with stars for what is secret.
  func withoutSecrets(_ text: String) -> String { Self.hiding(secrets, in: text) }

  static func hiding(_ secrets: [String], in text: String) -> String {
    // A short word would turn innocent texts to stars.
    secrets.filter { $0.utf8.count >= 4 }.sorted { $0.count > $1.count }.reduce(text) {
      $0.replacing($1, with: "****")
    }
  }
}
