/// The values of a template's parameters that starts were given, kept with the data until another is given or the value is reset.
struct KeptParameters: Sendable, Hashable {
  /// From the command line, as they were written: `${LocalCloud}` is in them.
  var given: [String: String] = [:]
  /// From the parameters' file that a start with the usual template takes by itself. They count at a start with another template, too.
  var standard: [String: String] = [:]

  /// Takes over what a start was given.
  mutating func keep(_ file: TemplateFile) {
    given.merge(file.parameters) { $1 }
    standard.merge(file.standards) { $1 }
  }

  /// The template's own default counts again.
  mutating func forget(_ name: String) {
    given[name] = nil
    standard[name] = nil
  }

  /// What a start with a template goes by: what it is given, what was given before, then the same of the parameters' file.
  ///
  /// - Parameter names: the template's parameters; those of another one are kept, and do not count here.
  func values(for file: TemplateFile, names: Set<String>) -> [String: String] {
    standard.merging(file.standards) { $1 }.merging(given) { $1 }.merging(file.parameters) { $1 }
      .filter { names.contains($0.key) }
  }

  /// Whether a value counts that an earlier start was given.
  func counts(_ name: String, for file: TemplateFile) -> Bool {
    file.parameters[name] == nil && (given[name] != nil || file.standards[name] == nil && standard[name] != nil)
  }
}
