import CacheSupport
import LambdaRuntime
import TestSupport
import Testing

@testable import TimeSeriesCache

/// The description of the API, held against what the router and the requests take.
@Suite struct OpenAPITests {
  static func document() throws -> JSON { try JSON(parsing: OpenAPI.bytes) }

  static let methods: [String] = ["get", "put", "post", "delete", "head", "options", "patch", "trace"]

  @Test("It is served without a key, with a tag, and to HEAD") func served() async throws {
    let response = await APITests.ask("/openapi.json", headers: [:], handler: APITests.handler(key: ""))
    #expect(response.status == 200)
    #expect(response.headers["Content-Type"] == "application/json")
    #expect(try APITests.json(response)["openapi"] == "3.1.0")
    let tag = try #require(response.headers["ETag"])
    #expect(await APITests.ask("/openapi.json", headers: ["if-none-match": tag]).status == 304)
    #expect(await APITests.ask("/openapi.json", headers: [:], method: "HEAD").status == 200)
    #expect(await APITests.ask("/openapi.json", method: "PUT").status == 405)
  }

  /// Every path of the API function, and the methods that it describes there.
  static func served() throws -> [(path: String, item: JSON)] {
    try #require(try document()["paths"]?.object).members.filter { path, _ in WriteRoute(Array(path.utf8)) == nil }.map
    {
      ($0.name, $0.value)
    }
  }

  @Test("Each path that it has is a route, with the methods of the route") func paths() throws {
    var seen: Set<String> = []
    for (path, item) in try Self.served() {
      let sample = path.replacing("{identifier}", with: "a").replacing("{name}", with: "job")
      let route = try #require(APIRoute(Array(sample.utf8)), "\(path)")
      seen.insert(Self.kind(of: route))
      let described = Set(Self.methods.filter { item[$0] != nil }.map { $0.uppercased() })
      let allowed = Set(route.methods.split(separator: ", ").map(String.init)).subtracting(["HEAD", "OPTIONS"])
      if route == .prometheus {
        _ = try PrometheusRoute(path: Array(sample.utf8))
        #expect(described.isSubset(of: allowed) && described.contains("GET"), "\(path)")
      } else {
        #expect(described == allowed, "\(path)")
      }
    }
    let views = APIRoute.View.allCases.flatMap { ["view \($0)", "series \($0)"] }
    #expect(seen == Set(views + ["document", "list", "reference", "prometheus"]))
  }

  private static func kind(of route: APIRoute) -> String {
    switch route {
    case .document: "document"
    case .list: "list"
    case .series(_, let view): "series \(view)"
    case .view(let view): "view \(view)"
    case .reference: "reference"
    case .prometheus: "prometheus"
    case .page: "page"
    }
  }

  @Test("Every path of the write API is there, with its methods") func writing() throws {
    for route in WriteRoute.allCases {
      let item = try #require(try Self.document()["paths"]?[route.rawValue])
      let described = Set(Self.methods.filter { item[$0] != nil }.map { $0.uppercased() })
      #expect(described == Set(route.methods.split(separator: ", ").map(String.init)).subtracting(["HEAD", "OPTIONS"]))
    }
  }

  /// The names of an operation's parameters in the query.
  static func parameters(_ path: String, _ method: String = "get") throws -> [String] {
    let document = try document()
    let operation = try #require(document["paths"]?[path]?[method], "\(path)")
    return try (operation["parameters"]?.array ?? []).map { reference in
      let name = try #require(reference["$ref"]?.string?.split(separator: "/").last)
      let parameter = try #require(document["components"]?["parameters"]?[String(name)], "\(name)")
      #expect(parameter["in"] == "query")
      return try #require(parameter["name"]?.string)
    }.sorted()
  }

  static let taken: [(path: String, names: [ByteText])] = [
    ("/v1/series", ListRequest.parameters), ("/v1/latest", LatestRequest.parameters),
    ("/v1/series/{identifier}", SeriesRequest.parameters), ("/v1/rows", SeriesRequest.parameters + ["id"]),
    ("/v1/series/{identifier}/statistics", StatisticsRequest.parameters),
    ("/v1/statistics", StatisticsRequest.parameters + ["id"]), ("/v1/status", ["id"]),
    ("/v1/series/{identifier}/status", []), ("/v1/series/{identifier}/latest", []),
    ("/timeSeries-data", ["endDate", "identifier", "startDate"]), ("/openapi.json", []),

  ]

  @Test("Each request's parameters are all there, and no others", arguments: taken)
  func names(path: String, names: [ByteText]) throws {
    #expect(try Self.parameters(path) == names.map(\.text).sorted())
  }

  @Test("Every reference leads somewhere, and everything is referred to") func references() throws {
    let document = try Self.document()
    var found: Set<String> = []
    func walk(_ json: JSON) {
      if let reference = json["$ref"]?.string { found.insert(reference) }
      for member in json.object?.members ?? [] { walk(member.value) }
      for element in json.array ?? [] { walk(element) }
    }
    walk(document)
    var known: Set<String> = []
    for kind in ["parameters", "schemas", "responses", "headers"] {
      for member in document["components"]?[kind]?.object?.members ?? [] {
        known.insert("#/components/\(kind)/\(member.name)")
      }
    }
    #expect(found == known)
    let schemes = Set(try #require(document["components"]?["securitySchemes"]?.object).members.map(\.name))
    var used: Set<String> = []
    func collect(_ security: JSON?) {
      for element in security?.array ?? [] { for member in element.object?.members ?? [] { used.insert(member.name) } }
    }
    collect(document["security"])
    for (_, item) in try #require(document["paths"]?.object).members {
      for method in Self.methods { collect(item[method]?["security"]) }
    }
    #expect(used == schemes)
  }

  @Test("Operations have names of their own, and every error that a view can have") func operations() throws {
    let document = try Self.document()
    var names: [String] = []
    for (path, item) in try #require(document["paths"]?.object).members {
      for method in Self.methods {
        guard let operation = item[method] else { continue }
        names.append(try #require(operation["operationId"]?.string))
        let statuses = Set(try #require(operation["responses"]?.object).members.map(\.name))
        if path.hasPrefix("/api/v1/") {
          #expect(
            statuses.isSuperset(of: ["200", "400", "401", "403", "404", "413", "422", "500", "503"]),
            "\(method) \(path)")
        }
        if path.hasPrefix("/v1/") {
          #expect(
            statuses.isSuperset(of: ["400", "401", "403", "413", "429", "502", "503", "504"]), "\(method) \(path)")
        }
      }
    }
    #expect(Set(names).count == names.count)
  }

  /// An operation's answer with a status, itself or by reference.
  private static func answer(_ operation: JSON, _ status: String, _ document: JSON) -> JSON? {
    let answer = operation["responses"]?[status]
    guard let reference = answer?["$ref"]?.string?.split(separator: "/").last else { return answer }
    return document["components"]?["responses"]?[String(reference)]
  }

  @Test("Each answer has the headers that the code adds") func headers() throws {
    let document = try Self.document()
    for (path, item) in try #require(document["paths"]?.object).members {
      for method in Self.methods {
        guard let operation = item[method] else { continue }
        for (status, header) in [("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")] {
          guard let answer = Self.answer(operation, status, document),
            WriteRoute(Array(path.utf8)) == nil || status != "401"
          else { continue }
          #expect(answer["headers"]?[header] != nil, "\(method) \(path) \(status)")
        }
        guard ["get", "post"].contains(method), WriteRoute(Array(path.utf8)) == nil else { continue }
        for status in ["200", "304"] {
          guard let answer = Self.answer(operation, status, document) else { continue }
          let headers = Set(try #require(answer["headers"]?.object, "\(method) \(path)").members.map(\.name))
          #expect(headers.isSuperset(of: ["Cache-Control", "ETag", "Vary"]), "\(method) \(path)")
        }
      }
    }
  }

  @Test("Limits and lists of values are those of the code") func bounds() throws {
    let parameters = try #require(try Self.document()["components"]?["parameters"])
    #expect(parameters["limit"]?["schema"]?["maximum"] == .integer(SeriesRequest.maximumLimit))
    #expect(parameters["limit"]?["schema"]?["default"] == .integer(SeriesRequest.defaultLimit))
    #expect(parameters["listLimit"]?["schema"]?["maximum"] == .integer(ListRequest.maximumLimit))
    #expect(parameters["listLimit"]?["schema"]?["default"] == .integer(ListRequest.defaultLimit))
    #expect(parameters["manyID"]?["schema"]?["maxItems"] == .integer(LatestRequest.maximumIdentifiers))
    #expect(parameters["threshold"]?["schema"]?["maximum"] == .double(StatisticsRequest.maximumThreshold))
    #expect(parameters["threshold"]?["schema"]?["default"] == .double(StatisticsRequest.defaultThreshold))
    #expect(parameters["where"]?["schema"]?["maxLength"] == .integer(MeasureCondition.maximumBytes))
    #expect(parameters["format"]?["schema"]?["enum"] == .array(PageFormat.allCases.map { .string($0.rawValue) }))
    #expect(parameters["shape"]?["schema"]?["enum"] == .array(PageShape.allCases.map { .string($0.rawValue) }))
    let aggregates = parameters["aggregate"]?["description"]?.string ?? ""
    for aggregate in Aggregate.allCases { #expect(aggregates.contains(aggregate.rawValue)) }
    #expect(parameters["promMatch"]?["schema"]?["maxItems"] == .integer(PrometheusParameters.maximumSelectors))
    let schemas = try #require(try Self.document()["components"]?["schemas"])
    #expect(
      schemas["PrometheusError"]?["properties"]?["errorType"]?["enum"]
        == .array(PrometheusError.Kind.allCases.map { .string($0.rawValue) }))
    #expect(schemas["Identifier"]?["maxLength"] == .integer(Identifier.maximumBytes))
    #expect(schemas["Status"]?["properties"]?["measures"]?["maxItems"] == .integer(SeriesStatus.measuresKept))
    let registration = schemas["Registration"]?["properties"]
    #expect(registration?["source"]?["maxLength"] == .integer(Registration.maximumNameBytes))
    #expect(registration?["attributes"]?["maxProperties"] == .integer(IdentifierRegistry.maximumAttributes))
    let own = registration?["attributes"]?["propertyNames"]?["not"]?["enum"]?.array?.compactMap(\.string) ?? []
    #expect(Set(own.map { ByteText($0) }) == SeriesEntry.ownNames)
  }
}
