import CacheSupport

/// `AWS::Serverless::HttpApi`. Its routes are those of the functions' events.
struct APIResource: TemplateResource, Hashable {
  static let type = "AWS::Serverless::HttpApi"
  static let nameProperty: String? = nil
  static let noun = "API"
  static let keepsData = false

  /// The logical ID.
  var name: String
  var stage: String

  func check(in stack: Stack) throws(TemplateError) {
    guard stack.all(APIResource.self).first == self else { throw TemplateError("\(name): the local cloud has one API") }
    var seen: Set<String> = []
    for route in stack.routes where !seen.insert("\(route.method) \(route.path)").inserted {
      throw TemplateError("two routes have the name '\(route.method) \(route.path)'")
    }
  }

  static func reference(_ names: ResourceNames) throws(TemplateError) -> String { names.logicalID.lowercased() }

  static func attribute(_ name: String, _ names: ResourceNames) throws(TemplateError) -> String? {
    // The address without the stage.
    name == "ApiEndpoint" ? names.site.address : nil
  }

  static func plan(of apis: [APIResource], in stack: Stack) -> [PlanLine] {
    apis.flatMap { api in
      stack.routes.map {
        PlanLine("API route", "\($0.method) /\(api.stage)\($0.path)", "to \($0.function)", "payload \($0.payload)")
      }
    }
  }
}

extension APIResource {
  init(_ name: String, _ properties: inout ResourceProperties, at site: Stack.Site) throws(TemplateError) {
    let stage = try properties.text("StageName") ?? "$default"
    guard stage != "$default", stage != "runtime", stage.utf8.allSatisfy(ASCII.isNameByte) else {
      throw TemplateError("\(properties.logicalID): the local cloud wants a named stage, such as StageName: prod")
    }
    self.init(name: properties.logicalID, stage: stage)
    properties.ignore(
      "Name", "Description", "DefaultRouteSettings", "AccessLogSettings", "Tags", "PropagateTags", "FailOnWarnings",
      "DisableExecuteApiEndpoint")
  }
}

/// A route of an HTTP API, and the function behind it.
struct APIRoute: Sendable, Hashable {
  /// `ANY` for every method.
  var method: String
  /// `/v1/{name}`, `/{proxy+}`
  var path: String
  var function: String
  /// `1.0` or `2.0`.
  var payload: String
  var timeoutMilliseconds: Int
}

extension Stack {
  /// The routes of all functions.
  var routes: [APIRoute] { all(FunctionResource.self).flatMap(\.routes) }
}
