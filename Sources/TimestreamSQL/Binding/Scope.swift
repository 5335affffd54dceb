import CacheSupport

/// A column that an expression may name.
struct Field: Sendable {
  let name: String
  /// The name as names are compared: see ``fold(_:)``.
  let folded: ByteText
  /// The relation's alias, or its table's name, as names are compared.
  let relation: ByteText?
  let database: ByteText?
  let expression: TypedExpression
  /// Database and table, where it is a table's own column.
  let origin: QueryColumn.Origin?

  init(
    name: String, relation: String? = nil, database: String? = nil, expression: TypedExpression,
    origin: QueryColumn.Origin? = nil
  ) {
    self.name = name
    folded = Self.fold(name)
    self.relation = relation.map(Self.fold)
    self.database = database.map(Self.fold)
    self.expression = expression
    self.origin = origin
  }

  /// A name by its bytes, in which the capitals of ASCII are small: the two spellings of é are two names, as they are two columns.
  static func fold(_ name: String) -> ByteText {
    ByteText(String(decoding: name.utf8.map(ASCII.lowercased), as: UTF8.self))
  }

  /// - Parameter qualifier: folded.
  func answers(to qualifier: [ByteText]) -> Bool {
    switch qualifier.count {
    case 0: true
    case 1: relation == qualifier[0]
    default: relation == qualifier[1] && database == qualifier[0]
    }
  }
}

/// The columns around an expression, innermost first.
final class Scope {
  let fields: [Field]
  let parent: Scope?
  /// False where there is no FROM.
  let hasRelation: Bool
  /// The columns of the SELECT's output, which ORDER BY knows before all others.
  let outputs: [Field]
  /// How many lambdas are around.
  let lambdaDepth: Int
  private let plain: Scope?

  private lazy var places: [ByteText: [Int]] = Self.places(of: fields)
  private lazy var outputPlaces: [ByteText: [Int]] = Self.places(of: outputs)
  private lazy var fieldIndex = ExpressionIndex(fields.map(\.expression))

  init(fields: [Field], parent: Scope?, hasRelation: Bool) {
    self.fields = fields
    self.parent = parent
    self.hasRelation = hasRelation
    outputs = []
    plain = nil
    lambdaDepth = parent?.lambdaDepth ?? 0
  }

  /// The scope of a lambda's body; its parameters hide what is around.
  init(parameters: [Field], in parent: Scope) {
    fields = parameters
    outputs = []
    plain = nil
    self.parent = parent
    hasRelation = parent.hasRelation
    lambdaDepth = parent.lambdaDepth + 1
  }

  /// The scope of ORDER BY.
  init(_ plain: Scope, outputs: [Field]) {
    fields = plain.fields
    parent = plain.parent
    hasRelation = plain.hasRelation
    lambdaDepth = plain.lambdaDepth
    self.outputs = outputs
    self.plain = plain
  }

  /// The same without the output's columns: in ORDER BY an aggregation's argument is a column of what is selected from.
  var withoutOutputs: Scope { plain ?? self }

  /// Whether a name is that of an output, in ORDER BY.
  func isOutput(_ qualifier: [String], _ name: String) -> Bool { qualifier.isEmpty && output(name) != nil }

  /// The place of the first output of a name.
  func output(_ name: String) -> Int? { outputs.isEmpty ? nil : outputPlaces[Field.fold(name)]?.first }

  /// The column that an expression is; nil where it is none of these.
  func field(of expression: TypedExpression) -> Field? { fieldIndex[expression].map { fields[$0] } }

  /// - Throws: ``QueryError`` where nothing, or more than one thing, has the name.
  func resolve(_ qualifier: [String], _ name: String, _ position: Position) throws(QueryError) -> TypedExpression {
    let (field, isOuter) = try field(qualifier, name, position)
    return isOuter
      ? TypedExpression(node: .outer(field.expression), type: field.expression.type) : field.expression
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

  private static func places(of fields: [Field]) -> [ByteText: [Int]] {
    var places: [ByteText: [Int]] = [:]
    for (place, field) in fields.enumerated() { places[field.folded, default: []].append(place) }
    return places
  }

  private func find(
    _ qualifier: [String], _ name: String, _ position: Position
  ) throws(QueryError) -> Field? {
    if qualifier.isEmpty, let output = output(name) { return outputs[output] }
    guard !fields.isEmpty, let places = places[Field.fold(name)] else { return nil }
    let relation = qualifier.map(Field.fold)
    let folded = places.map { fields[$0] }.filter { $0.answers(to: relation) }
    if folded.count <= 1 { return folded.first }
    // Names are told apart by case only where two of one relation differ in nothing else.
    let exact = folded.filter { $0.name.hasSameBytes(as: name) }
    if exact.count == 1, Set(folded.map(\.relation)).count == 1 { return exact[0] }
    throw QueryError("Column '\((qualifier + [name]).joined(separator: "."))' is ambiguous", at: position)
  }
}
