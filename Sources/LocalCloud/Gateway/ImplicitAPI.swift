/// An API that SAM makes of itself where a function's event names none.
///
/// See <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>.
struct ImplicitAPI: Sendable, Hashable {
  /// Of a function's event.
  var event: String
  /// The event's property that names the API.
  var property: String
  var logicalID: String
  var type: String
  /// The stage that it has, whatever the template's globals say; nil where they may say it.
  var stage: String?

  static let rest = ImplicitAPI(
    event: "Api", property: "RestApiId", logicalID: "ServerlessRestApi", type: ServerlessRESTAPI.type, stage: "Prod")
  static let http = ImplicitAPI(
    event: "HttpApi", property: "ApiId", logicalID: "ServerlessHttpApi", type: ServerlessHTTPAPI.type, stage: nil)

  func id(in site: Stack.Site) -> String { GatewayAPI.id(of: logicalID, in: site.stackName) }

  /// The properties that the API has of itself.
  func properties(line: Int) -> TemplateValue {
    let stage = stage.map { [TemplateValue.Member(name: "StageName", value: TemplateValue(.string($0), line: line))] }
    return TemplateValue(.object(stage ?? []), line: line)
  }

  /// Whether an event of a function asks for it.
  func isWanted(by function: TemplateValue) -> Bool {
    (function["Events"]?.members ?? []).contains { event in
      event.value["Type"]?.text == self.event && event.value["Properties"]?[property] == nil
    }
  }
}
