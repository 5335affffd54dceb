import AWSClients
import CacheSupport
import Foundation
import Testing

@testable import LocalCloud

/// The limits of expressions, and names and values that none can mean; ``ExpressionTableTests`` has what they mean.
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

  static let refused: [(text: String, message: String)] = [
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
      "Expression size has exceeded the maximum allowed size;"
    ),
    (
      "a" + String(repeating: ".b", count: 33) + " = :one",
      "The document path has too many nesting levels; nesting levels: 33"
    ),
  ]
  private static let tooMany = "The expression contains too many operators; operator count: 301"

  @Test("Conditions past a limit are refused in DynamoDB's words", arguments: refused)
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
