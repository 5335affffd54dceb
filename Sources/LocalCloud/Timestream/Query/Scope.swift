/// A column that an expression may name.
struct Field: Sendable {
  var name: String
  /// The relation's alias, or its table's name.
  var relation: String?
  var database: String?
  var expression: TypedExpression
  /// Database and table, where it is a table's own column.
  var origin: TypedOutput.Origin?

  func answers(to qualifier: [String]) -> Bool {
    switch qualifier.count {
    case 0: true
    case 1: relation?.lowercased() == qualifier[0].lowercased()
    default:
      relation?.lowercased() == qualifier[1].lowercased() && database?.lowercased() == qualifier[0].lowercased()
    }
  }
}

/// The columns around an expression, innermost first.
final class Scope: Sendable {
  let fields: [Field]
  let parent: Scope?
  /// False where there is no FROM.
  let hasRelation: Bool
  /// The columns of the SELECT's output, which ORDER BY knows before all others.
  let outputs: [Field]
  /// How many lambdas are around.
  let lambdaDepth: Int

  init(fields: [Field], parent: Scope?, hasRelation: Bool, outputs: [Field] = []) {
    self.fields = fields
    self.outputs = outputs
    self.parent = parent
    self.hasRelation = hasRelation
    lambdaDepth = parent?.lambdaDepth ?? 0
  }

  /// The scope of a lambda's body; its parameters hide what is around.
  init(parameters: [Field], in parent: Scope) {
    fields = parameters
    outputs = []
    self.parent = parent
    hasRelation = parent.hasRelation
    lambdaDepth = parent.lambdaDepth + 1
  }

  /// - Throws: ``QueryError`` where nothing, or more than one thing, has the name.
  /// The same without the output's columns: in ORDER BY an aggregation's argument is a column of what is selected from.
  var withoutOutputs: Scope {
    outputs.isEmpty ? self : Scope(fields: fields, parent: parent, hasRelation: hasRelation)
  }

  /// Whether a name is that of an output, in ORDER BY.
  func isOutput(_ qualifier: [String], _ name: String) -> Bool {
    qualifier.isEmpty && outputs.contains { Self.areAlike($0.name, name) }
  }

  func resolve(_ qualifier: [String], _ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    let (field, isOuter) = try field(qualifier, name, position)
    guard isOuter else { return field.expression }
    // A column has no values to bind, even where it is a field of another.
    var compiler = Compiler()
    let sql = compiler.text(field.expression)
    // An output that ORDER BY names may have some.
    guard compiler.values.isEmpty else { return field.expression }
    return TypedExpression(node: .column(sql, isOuter: true), type: field.expression.type)
  }

  /// The column of a name, and whether it is one further out.
  func field(
    _ qualifier: [String], _ name: String, _ position: Position
  ) throws(QueryError) -> (field: Field, isOuter: Bool) {
    var scope: Scope? = self
    var isOuter = false
    while let current = scope {
      if let found = try current.find(qualifier, name, position) { return (found, isOuter) }
      scope = current.parent
      isOuter = true
    }
    throw QueryError("Column '\((qualifier + [name]).joined(separator: "."))' does not exist", at: position)
  }

  /// The same name but for capitals. The two spellings of é are two names, as they are two columns.
  private static func areAlike(_ one: String, _ other: String) -> Bool {
    one.lowercased().isExactly(other.lowercased())
  }

  private func find(
    _ qualifier: [String], _ name: String, _ position: Position
  ) throws(QueryError) -> Field? {
    if qualifier.isEmpty, let output = outputs.first(where: { Self.areAlike($0.name, name) }) {
      return output
    }
    let folded = fields.filter { Self.areAlike($0.name, name) && $0.answers(to: qualifier) }
    if folded.count <= 1 { return folded.first }
    // Names are told apart by case only where two of one relation differ in nothing else.
    let exact = folded.filter { $0.name.isExactly(name) }
    if exact.count == 1, Set(folded.map { $0.relation?.lowercased() }).count == 1 { return exact[0] }
    throw QueryError("Column '\((qualifier + [name]).joined(separator: "."))' is ambiguous", at: position)
  }
}

/// What checking a whole query shares.
final class CheckContext {
  /// Nanoseconds; one instant for the whole query.
  let now: Int64
  let find: (TableName) throws(QueryError) -> TimestreamStore.Table
  private var lastNumber = -1
  private let parameters: Parameters
  /// The names of parameters without a value, in the order of their first appearance.
  private(set) var openParameters: [String] = []

  /// What `@name` is.
  enum Parameters {
    case values([String: TypedExpression])
    /// Values come later; types follow from where the names stand.
    case open
  }

  init(
    now: Int64, parameters: Parameters, find: @escaping (TableName) throws(QueryError) -> TimestreamStore.Table
  ) {
    self.now = now
    self.parameters = parameters
    self.find = find
  }

  func parameter(_ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    switch parameters {
    case .values(let values):
      guard let value = values[name] else {
        throw QueryError("The query parameter '@\(name)' has no value", at: position)
      }
      return value
    case .open:
      if !openParameters.contains(name) { openParameters.append(name) }
      return TypedExpression(node: .parameter(name), type: .unknown)
    }
  }

  /// How often SQLite will write out common tables: each use is a copy, and with it those that it uses.
  private(set) var expansions = 0
  static let maximumExpansions: Int = 20_000

  func expand(_ weight: Int, _ position: Position) throws(QueryError) {
    expansions += weight
    guard expansions <= Self.maximumExpansions else {
      throw QueryError("the common tables use each other more than \(Self.maximumExpansions) times", at: position)
    }
  }

  /// A number that no other relation has.
  func number() -> Int {
    lastNumber += 1
    return lastNumber
  }
}

/// A common table that has been checked.
struct KnownTable: Sendable {
  var number: Int
  var outputs: [TypedOutput]
  /// How many queries a use of it stands for.
  var weight: Int
}
