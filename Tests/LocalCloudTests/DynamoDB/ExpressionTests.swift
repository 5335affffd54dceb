import AWSClients
import CacheSupport
import Foundation
import Testing

@testable import LocalCloud

/// Conditions, key conditions, projections and updates: what they mean, and what DynamoDB says of those that it does not take.
@Suite struct ExpressionTests {
  static let item: Item = [
    "a": .n("1"), "b": .s("text"), "m": .m(["x": .bool(true)]), "list": .l([.n("1"), .s("text")]),
    "st": .ss(["text", "\u{E9}"]), "bin": .b("AAECAwQ="), "bins": .bs(["AAE="]), "crlf": .s("one\r\ntwo"),
    "e\u{301}": .s("decomposed"), "\u{E9}": .s("composed"), "nul": .null, "twin": .s("e\u{301}"),
  ]
  static let names: JSON = ["#l": "list", "#d": "e\u{301}", "#c": "\u{E9}", "#m": "m"]
  static let values: JSON = [
    ":one": ["N": "1"], ":oneAgain": ["N": "1.00"], ":two": ["N": "2"], ":zero": ["N": "0"], ":text": ["S": "text"],
    ":te": ["S": "te"], ":n": ["S": "N"], ":s": ["S": "S"], ":five": ["N": "5"], ":four": ["N": "4"],
    ":bytes": ["B": "AgM="], ":start": ["B": "AAE="], ":newline": ["S": "\n"], ":composed": ["S": "\u{E9}"],
    ":list": ["L": [["N": "1"]]], ":true": ["BOOL": true], ":wrong": ["S": "X"], ":null": ["NULL": true],
    ":set": ["SS": ["a"]], ":map": ["M": ["x": ["S": "y"]]], ":empty": ["S": ""],
  ]

  /// Bindings of the names and values that a text uses, so that none is left over.
  static func bindings(_ text: String) throws -> ExpressionParser.Bindings {
    func used(_ all: JSON) -> JSON? {
      let used = (all.object?.members ?? []).filter { member in
        text.range(of: member.name + "\\b", options: .regularExpression) != nil
      }
      return used.isEmpty ? nil : .object(JSONObject(Dictionary(used.map { ($0.name, $0.value) }) { $1 }))
    }
    var object = JSONObject()
    object["ExpressionAttributeNames"] = used(names)
    object["ExpressionAttributeValues"] = used(values)
    return try ExpressionParser.Bindings(try ItemRequest(Input(object)))
  }

  static let conditions: [(text: String, holds: Bool)] = [
    ("a = :one", true), ("a = :oneAgain", true), ("a <> :one", false), ("gone <> :one", true),
    ("a < :two AND a > :zero", true), ("a BETWEEN :zero AND :two", true), ("a IN (:two, :one)", true),
    ("NOT a = :one OR b = :text", true), ("attribute_exists(m.x) AND attribute_not_exists(m.y)", true),
    ("begins_with(b, :te)", true), ("contains(b, :te) AND contains(#l, :one) AND contains(st, :text)", true),
    ("size(#l) = :two", true), ("attribute_type(a, :n)", true), ("#l[1] = :text", true), ("a = :text", false),
    ("a < :text", false), ("(a = :two OR a = :one) AND b = :text", true),
    // What is absent is unequal to everything, to what is absent too, and equal to nothing.
    ("q <> r", true), ("q = r", false), ("q < r", false), ("q >= r", false), ("NOT q = r", true), ("a <> r", true),
    // Texts are bytes.
    ("contains(crlf, :newline)", true), ("#d = :composed", false), ("twin = :composed", false),
    ("twin <> :composed", true), ("contains(st, :composed)", true), ("contains(twin, :composed)", false),
    ("begins_with(twin, :composed)", false), ("attribute_exists(#d)", true), ("#d <> #c", true),
    ("size(#d) = size(#c)", false),
    // Binaries, by byte.
    ("contains(bin, :bytes)", true), ("contains(bin, :start)", true), ("contains(bin, :te)", false),
    ("contains(bins, :start)", true), ("contains(bins, :bytes)", false), ("begins_with(bin, :start)", true),
    ("begins_with(bin, :bytes)", false), ("size(bin) = :five", true), ("bin > :start", true),
    // Values may stand wherever paths may.
    (":one = a", true), (":two > a", true), ("size(:text) = :four", true), ("size(:list) = :one", true),
    ("size(:map) = :one", true), ("attribute_type(:text, :s)", true), ("attribute_type(:one, :s)", false),
    ("attribute_type(size(b), :n)", true), (":one IN (a, :two)", true), (":one BETWEEN :zero AND a", true),
    (":text = :text", true), ("begins_with(:text, :te)", true), ("contains(:text, :te)", true),
    ("contains(:list, a)", true), ("contains(:set, b)", false), ("size(b) BETWEEN :one AND :five", true),
    ("contains(b, :empty)", true), ("size(:empty) = :zero", true),
    // Types that differ are unequal; those without an order are neither less nor greater.
    ("nul = :null", true), ("nul <> :text", true), ("m = :map", false), ("m < b", false), ("size(a) = :one", false),
    ("size(nul) = :one", false), ("#l = :list", false),
    // Parentheses around operands, whatever the letters' case.
    ("(a) = (:one)", true), ("(a) between (:zero) and (:two)", true), ("not (a = :two)", true),
    ("(b) IN (:text)", true), ("(a = :one) and (b = :text)", true), ("size((#l)) = :two", true),
    ("#m.x = :true", true), ("#l[0] = a", true), ("#l[2] = a", false), ("b[0] = a", false), ("a.b = a", false),
    ("NOT NOT a = :one", true),
  ]

  @Test("Conditions hold as DynamoDB's do", arguments: conditions)
  func condition(text: String, holds: Bool) throws {
    var bindings = try Self.bindings(text)
    let condition = try ExpressionParser.condition(.filter, text, &bindings)
    var evaluation = Evaluation()
    #expect(try evaluation.holds(condition, for: Self.item) == holds)
    try bindings.checkUsed()
  }

  private static func wrongType(_ name: String, _ type: String) -> String {
    "Incorrect operand type for operator or function; operator or function: \(name), operand type: \(type)"
  }
  private static func misused(_ name: String) -> String {
    "The function is not allowed to be used this way in an expression; function: \(name)"
  }
  private static func same(_ name: String) -> String {
    "The first operand must be distinct from the remaining operands for this operator or function; operator: \(name), first operand: [a]"
  }

  static let refused: [(text: String, message: String)] = [
    ("", "The expression can not be empty;"), (" \n", "The expression can not be empty;"),
    ("a = ", "Syntax error; token: \"<EOF>\", near: \"=\""),
    ("a = :one b", "Syntax error; token: \"b\", near: \":one b\""),
    ("a == :one", "Syntax error; token: \"=\", near: \"= = :one\""),
    ("a", "Syntax error; token: \"<EOF>\", near: \"a\""),
    ("1a = :one", "Syntax error; token: \"1a\", near: \"1a =\""),
    ("e\u{301} = :one", "Syntax error; token: \"\u{301}\", near: \"e\u{301} = :\""),
    ("a! = :one", "Syntax error; token: \"!\", near: \"a! = :\""),
    ("#l[-1] = :one", "Syntax error; token: \"-\", near: \"[ - 1\""),
    ("AND = :one", "Syntax error; token: \"AND\", near: \"AND =\""),
    (
      "#l[99999999999999999999] = :one",
      "List index is not within the allowable range; index: [99999999999999999999]"
    ),
    ("size = :one", "Attribute name is a reserved keyword; reserved keyword: size"),
    // A reserved word is told before a value that is not there, wherever they stand.
    ("a = :nope AND name = :one", "Attribute name is a reserved keyword; reserved keyword: name"),
    ("a = :x", "An expression attribute value used in expression is not defined; attribute value: :x"),
    (
      "#x = :one",
      "An expression attribute name used in the document path is not defined; attribute name: #x"
    ), ("nope(a)", "Invalid function name; function: nope"), ("a = nope(b)", "Invalid function name; function: nope"),
    (
      "contains(a)",
      "Incorrect number of operands for operator or function; operator or function: contains, number of operands: 1"
    ),
    (
      "size(a, b) = :one",
      "Incorrect number of operands for operator or function; operator or function: size, number of operands: 2"
    ), ("contains(a, a)", same("contains")), ("begins_with(a, a)", same("begins_with")), ("a = a", same("=")),
    ("a <> a", same("<>")), ("a < a", same("<")), ("((a = :one))", "The expression has redundant parentheses;"),
    ("((a)) = :one", "The expression has redundant parentheses;"), ("a < :list", wrongType("<", "L")),
    (":true <= a", wrongType("<=", "BOOL")), ("a > :null", wrongType(">", "NULL")),
    ("a >= :set", wrongType(">=", "SS")),
    ("a BETWEEN :map AND :map", wrongType("BETWEEN", "M")), ("size(:one) = :one", wrongType("size", "N")),
    ("size(size(a)) = :one", wrongType("size", "N")), ("size(:true) = :one", wrongType("size", "BOOL")),
    ("begins_with(a, :one)", wrongType("begins_with", "N")),
    ("begins_with(a, size(b))", wrongType("begins_with", "N")),
    ("attribute_type(a, b)", wrongType("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")),
    ("attribute_type(a, :one)", wrongType("attribute_type", "N")),
    (
      "attribute_type(a, :wrong)",
      "Invalid attribute type name found; type: X, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
    ),
    (
      "attribute_exists(:one)",
      "Operator or function requires a document path; operator or function: attribute_exists"
    ), ("size(a)", misused("size")), ("contains(a, b) = :one", misused("contains")),
    ("a = contains(b, :one)", misused("contains")),
    (
      "a BETWEEN :two AND :one",
      "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"
    ),
    (
      "a BETWEEN :te AND :one",
      "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:te}, upper bound operand: AttributeValue: {N:1}"
    ),
    (
      "a IN (\(Array(repeating: "b", count: 101).joined(separator: ",")))",
      "The IN operator is provided with too many operands; number of operands: 101"
    ),
    // Parentheses nest only around operators, and 300 of those are the most.
    (String(repeating: "(", count: 4000), "Syntax error; token: \"<EOF>\", near: \"(\""),
    (
      String(repeating: "(", count: 2000) + "a" + String(repeating: ")", count: 2000),
      "The expression has redundant parentheses;"
    ),
    (String(repeating: "NOT ", count: 1000) + "a = :one", tooMany),
    ("a < b" + String(repeating: " OR a < b", count: 150), tooMany),
    ("a < b " + String(repeating: "OR (a < b ", count: 330) + String(repeating: ")", count: 330), tooMany),
    ("a < " + String(repeating: "size(", count: 680) + "b" + String(repeating: ")", count: 680), tooMany),
    ("a < " + String(repeating: "f(", count: 1355) + "b" + String(repeating: ")", count: 1355), tooMany),
    (
      "a = " + String(repeating: "b", count: 4100),
      "Expression size has exceeded the maximum allowed size; expression size: 4104"
    ),
    (
      "a" + String(repeating: ".b", count: 33) + " = :one",
      "The document path has too many nesting levels; nesting levels: 33"
    ),
  ]
  private static let tooMany = "The expression contains too many operators; operator count: 301"

  @Test("Conditions that DynamoDB does not take are refused in its words", arguments: refused)
  func refusal(text: String, message: String) throws {
    var bindings = try Self.bindings(text)
    let error = #expect(throws: ServiceError.self) { try ExpressionParser.condition(.filter, text, &bindings) }
    #expect(error?.message == "Invalid FilterExpression: \(message)")
  }

  @Test("300 operators are taken, however deep their parentheses") func operators() throws {
    // 149 times OR and 150 times <.
    for text in [
      "a < b " + String(repeating: "OR (a < b ", count: 149) + String(repeating: ")", count: 149),
      "a < b" + String(repeating: " OR a < b", count: 149),
    ] {
      var bindings = try Self.bindings(text)
      let condition = try ExpressionParser.condition(.condition, text, &bindings)
      var evaluation = Evaluation()
      #expect(try !evaluation.holds(condition, for: Self.item))
    }
  }

  static let projections: [(text: String, answer: String)] = [
    ("a, #m.x", #"{"a":{"N":"1"},"m":{"M":{"x":{"BOOL":true}}}}"#),
    ("#l[1], #l[0]", #"{"list":{"L":[{"N":"1"},{"S":"text"}]}}"#), ("gone, #l[7]", "{}"),
    ("#d", "{\"e\u{301}\":{\"S\":\"decomposed\"}}"), (" #c ", #"{"é":{"S":"composed"}}"#),
    (
      "a, a",
      "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]"
    ),
    (
      "#m, #m.x",
      "Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]"
    ),
    (
      "a[0], a.b",
      "Invalid ProjectionExpression: Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [a, [0]], path two: [a, b]"
    ),
    ("#d, #c", "{\"e\u{301}\":{\"S\":\"decomposed\"},\"\u{E9}\":{\"S\":\"composed\"}}"),
    ("a,", #"Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ",""#),
    ("a b", #"Invalid ProjectionExpression: Syntax error; token: "b", near: "a b""#),
    ("size(a)", #"Invalid ProjectionExpression: Syntax error; token: "(", near: "size ( a""#),
    ("name", "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name"),
  ]

  @Test("Projections give the parts that they name", arguments: projections)
  func projection(text: String, answer: String) throws {
    var bindings = try Self.bindings(text)
    do throws(ServiceError) {
      let part = try ExpressionParser.projection(text, &bindings).part(of: Self.item)
      #expect(ByteText(JSON(item: part).text) == ByteText(answer))
    } catch { #expect(error.message == answer) }
  }

  @Test(
    "Names and values that no expression can mean are refused",
    arguments: [
      ([:], [":": ["N": "1"]], #"ExpressionAttributeValues contains invalid key: Syntax error; key: ":""#),
      ([:], ["x": ["N": "1"]], #"ExpressionAttributeValues contains invalid key: Syntax error; key: "x""#),
      (["#": "a"], [:], ##"ExpressionAttributeNames contains invalid key: Syntax error; key: "#""##),
      (["#a-b": "a"], [:], ##"ExpressionAttributeNames contains invalid key: Syntax error; key: "#a-b""##),
      (["#a": ""], [:], "ExpressionAttributeNames contains invalid value: Empty attribute name; key: #a"),
      (
        ["#a": .string(String(repeating: "x", count: 65_536))], [:],
        "ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than 65536 bytes; key: #a"
      ),
      (
        [:], [":a": ["N": "x"]],
        "ExpressionAttributeValues contains invalid value: The parameter cannot be converted to a numeric value: x for key :a"
      ),
      (
        [:], [":a": ["SS": []]],
        "ExpressionAttributeValues contains invalid value: One or more parameter values were invalid: An string set  may not be empty for key :a"
      ),
    ] as [(JSONObject, JSONObject, String)])
  func bindings(names: JSONObject, values: JSONObject, message: String) throws {
    var object = JSONObject()
    if !names.isEmpty { object["ExpressionAttributeNames"] = .object(names) }
    if !values.isEmpty { object["ExpressionAttributeValues"] = .object(values) }
    let error = #expect(throws: ServiceError.self) {
      try ExpressionParser.Bindings(try ItemRequest(Input(object)))
    }
    #expect(error?.message == message)
  }
}
