import CacheSupport

/// The parameter of SSM from which the stack's functions have the descriptions of their sources, by the variables of these functions.
struct SourcesParameter: Sendable {
  /// The variables whose values are names of parameters.
  static let variable: String = "SOURCES_SSM_ID"
  static let keyVariable: String = "API_KEY_SSM_ID"

  let name: String
  /// Those that read it, in the order of their names.
  let functions: [String]
  /// The one of them that a queue invokes; nil where there is none.
  let fetching: (function: FunctionDescription, queue: String)?
  /// Of the function that fetches, else of the first one.
  let environment: [String: String]

  /// - Throws: 404 where no function reads such a parameter.
  init(_ functions: [FunctionDescription], _ mappings: [EventSourceMapping]) throws(ServiceError) {
    let reading = functions.filter { $0.environment[Self.variable] != nil }
    let fetching = reading.lazy.compactMap { function in
      mappings.first { $0.isEnabled && $0.function.hasSameBytes(as: function.name) }.map { (function, $0.queue) }
    }.first
    guard let environment = (fetching?.0 ?? reading.first)?.environment, let name = environment[Self.variable] else {
      throw ServiceError(
        status: 404, type: "NotFound",
        message: "no function of the stack has the variable \(Self.variable), which names the parameter of descriptions"
      )
    }
    self.name = name
    self.environment = environment
    self.fetching = fetching.map { (function: $0.0, queue: $0.1) }
    self.functions = reading.filter { $0.environment[Self.variable]?.hasSameBytes(as: name) ?? false }.map(\.name)
  }

  /// The parameter with the key for descriptions that name none of their own.
  var keyName: String? { environment[Self.keyVariable] }

  /// The descriptions by name.
  ///
  /// - Throws: 409 where the parameter's value is no object of JSON.
  func descriptions(in parameter: Parameter) throws(ServiceError) -> JSONObject {
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: parameter.value) } catch {
      throw conflict("the parameter \(name) is not JSON: \(error)")
    }
    guard let object = json.object else {
      throw conflict("the parameter \(name) is \(json.kind), and not an object of descriptions by name")
    }
    return object
  }

  func conflict(_ message: String) -> ServiceError { ServiceError(status: 409, type: "Conflict", message: message) }
}
