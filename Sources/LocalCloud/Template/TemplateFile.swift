import CacheSupport

/// A template as it was read, and what its parameters are given.
public struct TemplateFile: Sendable {
  /// For messages.
  public var name: String
  public var text: String
  /// Values by name, which are kept with the data: a later start without them goes by them. `${LocalCloud}` in them is this cloud's
  /// address.
  public var parameters: [String: String]
  /// What counts where nobody has given a value, now or at an earlier start. What is absent here, too, takes the template's default,
  /// and a hidden parameter without one is generated, and kept with the data.
  public var standards: [String: String]

  public init(
    name: String, text: String, parameters: [String: String] = [:], standards: [String: String] = [:]
  ) {
    self.name = name
    self.text = text
    self.parameters = parameters
    self.standards = standards
  }

  /// The parameters of a file: a YAML map of texts.
  public static func parameters(in text: String, named name: String) throws(TemplateError) -> [String: String] {
    do throws(TemplateError) {
      guard let members = try YAMLReader.parse(text).members else {
        throw TemplateError("give a map of parameters: Name: value")
      }
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
      for name in Set(parameters.keys).union(standards.keys).sorted()
      where !template.parameters.contains(where: { $0.name == name }) {
        let names = template.parameters.map(\.name)
        let nearest = names.count > 5 ? NearestName.of(name, in: names) : nil
        throw TemplateError(
          "the template has no parameter '\(name)'; "
            + (nearest.map { "the nearest name is \($0)" } ?? "it has \(names.joined(separator: ", "))"))
      }
      return template
    }
  }

  /// The stack that the template describes at a site.
  ///
  /// - Parameters:
  ///   - types: what can be stood up.
  ///   - stored: looks up a parameter of SSM, for those of the template that stand for one.
  ///   - kept: values that earlier starts were given.
  ///   - generated: values of hidden parameters from an earlier run; new ones are added.
  func stack(
    of template: Template, at site: Stack.Site, types: ResourceTypes = LocalCloud.resourceTypes,
    stored: (String) throws(TemplateError) -> String? = { _ in nil }, kept: KeptParameters = KeptParameters(),
    generated: inout [String: String]
  ) throws(TemplateError) -> Stack {
    var values = kept.values(for: self, names: Set(template.parameters.map(\.name))).mapValues {
      $0.replacing("${LocalCloud}", with: site.address)
    }
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
    func secrets() -> [String] {
      template.parameters.flatMap { parameter in values[parameter.name].map(parameter.secrets(in:)) ?? [] }
    }
    var hidden = secrets()
    do throws(TemplateError) {
      for parameter in template.parameters {
        guard let value = values[parameter.name] else {
          throw TemplateError("give a value: --parameter \(parameter.name)=…")
        }
        do throws(TemplateError) { try parameter.check(value) } catch {
          var error = error
          if kept.counts(parameter.name, for: self) {
            error.message += " It is kept from an earlier start: give another, or --reset \(parameter.name)."
          }
          throw error
        }
      }
      let names = values
      for parameter in template.parameters where parameter.isStored {
        let name = names[parameter.name] ?? ""
        guard let value = try stored(name) else {
          throw TemplateError(
            "Unable to fetch parameters [\(name)] from parameter store for this account: "
              + "the template's parameter \(parameter.name) needs it in the data before the start")
        }
        values[parameter.name] = value
      }
      hidden += secrets()
      var stack = try StackBuilder.build(template, parameters: values, at: site, of: types)
      stack.parameters = template.parameters.map {
        Stack.Parameter(
          name: $0.name, value: names[$0.name] ?? "", resolved: $0.isStored ? values[$0.name] : nil,
          isHidden: $0.isHidden)
      }
      stack.secrets = hidden
      stack.source = text
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
