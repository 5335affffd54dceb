extension Stack {
  /// The variables that the template gives its functions, by name. One whose value differs between functions is left out, and so is one that
  /// holds a secret.
  var functionVariables: [(name: String, value: String)] {
    var values: [String: Set<String>] = [:]
    for function in all(FunctionResource.self) {
      for (name, value) in function.description.variables { values[name, default: []].insert(value) }
    }
    return values.compactMap { name, values in
      guard values.count == 1, let value = values.first, withoutSecrets(value) == value else { return nil }
      return (name, value)
    }.sorted { $0.0 < $1.0 }
  }
}
