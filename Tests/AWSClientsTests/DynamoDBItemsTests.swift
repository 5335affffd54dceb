import CacheSupport
import Testing

@testable import AWSClients

/// Values of items that are read from an answer's bytes.
@Suite struct DynamoDBItemsTests {
  /// What the attributes of an answer's items are read as.
  private static func read(_ items: String) throws -> [[String]] {
    let answer = try DynamoDBAnswer(Array(#"{"Items":\#(items),"Count":1}"#.utf8), operation: "Query")
    var walk = answer.items
    var all: [[String]] = []
    while try walk.nextItem() {
      var values: [String] = []
      while try walk.nextAttribute() {
        let name = try walk.reader.memberName()
        switch try walk.value() {
        case .b(let token): values.append("\(name): \(try walk.bytes(token).map { "\($0)" } ?? "no Base64")")
        case .l(let place): values.append("\(name): \(try walk.wholeNumbers(at: place).map { "\($0)" } ?? "others")")
        case .s(let token): values.append("\(name): \(try walk.text(token))")
        case .n(let token): values.append("\(name): \(walk.reader.int64(token) ?? -1)")
        default: values.append("\(name): other")
        }
      }
      all.append(values)
    }
    return all
  }

  static let cases: [(items: String, values: [[String]])] = [
    ("[]", []), ("[{}]", [[]]),
    (#"[{"a":{"B":"AQID"},"b":{"N":"7"}}]"#, [["a: [1, 2, 3]", "b: 7"]]),
    (#"[{"a":{"B":""}},{"a":{"B":"/w=="}}]"#, [["a: []"], ["a: [255]"]]),
    // A slash may be escaped; what is no Base64 is told.
    (#"[{"a":{"B":"\/w=="},"b":{"B":"\u002f\u0077=="}}]"#, [["a: [255]", "b: [255]"]]),
    (#"[{"a":{"B":"A"},"b":{"B":"é==="},"c":{"B":"_w=="}}]"#, [["a: no Base64", "b: no Base64", "c: no Base64"]]),
    (#"[{"a":{"B":5}}]"#, [["a: other"]]),
    (#"[{"a":{"L":[]},"b":{"L":[{"N":"-5"},{"N":"1E+3"}]}}]"#, [["a: []", "b: [-5, 1000]"]]),
    (
      #"[{"a":{"L":[{"N":"1"},{"S":"1"}]},"b":{"L":[{"N":"1.5"}]},"c":{"L":[{"L":[{"N":"1"}]}]},"d":{"S":"x"}}]"#,
      [["a: others", "b: others", "c: others", "d: x"]]
    ),
  ]

  @Test("Bytes and lists of numbers", arguments: cases.indices) func values(index: Int) throws {
    #expect(try Self.read(Self.cases[index].items) == Self.cases[index].values)
  }

  @Test(
    "What is no JSON is an error",
    arguments: [#"[{"a":{"B":"AQ"#, #"[{"a":{"L":[{"N":"1"}"#, #"[{"a":{"B":"\x"}}]"#])
  func faults(items: String) {
    #expect(throws: AWSError.self) { try Self.read(items) }
  }
}
