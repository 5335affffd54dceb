import CacheSupport

/// A template as it was read, and what its parameters are given.
public struct TemplateFile: Sendable {
  /// For messages.
  public var name: String
  public var text: String
  /// Values by name. `${LocalCloud}` in them is this cloud's address. What is absent takes the template's default, and a hidden parameter
  /// without one is generated, and kept with the data.
  public var parameters: [String: String]

  public init(name: String, text: String, parameters: [String: String] = [:]) {
    self.name = name
    self.text = text
    self.parameters = parameters
  }

  /// The parameters of a file: a YAML map of texts.
  public static func parameters(in text: String, named name: String) throws(TemplateError) -> [String: String] {
    do throws(TemplateError) {
      guard let members = try YAMLReader.parse(text).members else { throw TemplateError("it is no map") }
      var parameters: [String: String] = [:]
      for member in members {
        guard let text = member.value.text else {
          throw TemplateError("\(member.name) is a text, not \(member.value.kindName)", line: member.value.line)
        }
        parameters[member.name] = text
      }
      return parameters
    } catch {
      var error = error
      error.file = name
      throw error
    }
  }

  /// - Throws: ``TemplateError`` with the file's name and the line.
  func read() throws(TemplateError) -> Template {
    try named { () throws(TemplateError) in
      let template = try Template(parsing: text)
      for name in parameters.keys.sorted() where !template.parameters.contains(where: { $0.name == name }) {
        throw TemplateError(
          "the template has no parameter '\(name)'; it has \(template.parameters.map(\.name).joined(separator: ", "))")
      }
      return template
    }
  }

  /// The stack that the template describes at a site.
  ///
  /// - Parameters:
  ///   - types: what can be stood up.
  ///   - generated: values of hidden parameters from an earlier run; new ones are added.
  func stack(
    of template: Template, at site: Stack.Site, types: ResourceTypes = LocalCloud.resourceTypes,
    generated: inout [String: String]
  ) throws(TemplateError) -> Stack {
    var values = parameters.mapValues { $0.replacing("${LocalCloud}", with: site.address) }
    let known = generated
    // Those that this run goes by, and no others.
    generated = [:]
    for parameter in template.parameters where values[parameter.name] == nil {
      if let standard = parameter.standard {
        values[parameter.name] = standard
      } else if parameter.isHidden {
        generated[parameter.name] = known[parameter.name] ?? RandomID.uuid()
        values[parameter.name] = generated[parameter.name]
      }
    }
    let hidden = template.parameters.filter(\.isHidden).compactMap { values[$0.name] }
    do throws(TemplateError) {
      for parameter in template.parameters {
        guard let value = values[parameter.name] else {
          throw TemplateError("give a value: --parameter \(parameter.name)=…")
        }
        try parameter.check(value)
      }
      var stack = try StackBuilder.build(template, parameters: values, at: site, of: types)
      stack.secrets = hidden
      return stack
    } catch {
      var error = error
      error.file = name
      error.message = Stack.hiding(hidden, in: error.message)
      throw error
    }
  }

  private func named<Value>(_ body: () throws(TemplateError) -> Value) throws(TemplateError) -> Value {
    do throws(TemplateError) { return try body() } catch {
      var error = error
      error.file = name
      throw error
    }
  }
}
