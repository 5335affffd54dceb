import CacheSupport

extension Stack {
  /// What is stood up, one line each, for people.
  var plan: String {
    var lines: [String] = ["Stack \(name)", "", "Stands up"]
    for type in types.all {
      lines += planLines(type).map { line in
        "  " + line.kind.padded(18) + line.name.padded(40) + line.details.joined(separator: ", ")
      }
    }
    lines += ["", "Is not emulated, and does nothing here"] + ignored.map { "  " + $0 }
    lines += ["", "Outputs"] + outputs.map { "  \($0.name.padded(24))\($0.value)" }
    return withoutSecrets(lines.joined(separator: "\n"))
  }

  private func planLines<Resource: TemplateResource>(_ type: Resource.Type) -> [PlanLine] {
    type.plan(of: all(type), in: self)
  }

  /// What does nothing on this machine, a type a line.
  var ignored: [String] {
    ignoredResources.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.joined(separator: ", "))" }
      + ignoredProperties.sorted { $0.key < $1.key }.map {
        "\($0.key): the properties \($0.value.sorted().joined(separator: ", "))"
      }
  }
}

extension String {
  /// At least so wide, with a space after it.
  fileprivate func padded(_ width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(1, width - count))
  }
}
