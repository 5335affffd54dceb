/// The text of `Fn::Sub`: `${Name}`, `${Name.Attribute}`, and `${!Literal}`, which stays without its sign.
enum Substitution {
  /// The names between the braces, literals left out.
  static func places(in text: String) -> [String] {
    var names: [String] = []
    _ = try? replacing(text) { name in
      names.append(name)
      return ""
    }
    return names
  }

  static func replacing(
    _ text: String, with value: (String) throws(TemplateError) -> String
  ) throws(TemplateError) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      rest = rest[start.upperBound...]
      guard let end = rest.firstIndex(of: "}") else {
        throw TemplateError("'${' has no '}' in '\(text.prefix(100))'")
      }
      let name = rest[..<end]
      result += name.hasPrefix("!") ? "${\(name.dropFirst())}" : try value(String(name))
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }
}
