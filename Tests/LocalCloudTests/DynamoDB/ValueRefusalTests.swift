import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// Values and names that are none, and that nothing of them ends the process.
@Suite struct ValueRefusalTests {
  private static let invalid = "One or more parameter values were invalid:"
  /// What DynamoDB says first of what it finds with the request's form.
  private static let counted = "1 validation error detected: "

  static let values: [(value: JSON, message: String)] = [
    (
      ["N": "1e-9223372036854775808"],
      "Number underflow. Attempting to store a number with magnitude smaller than supported range"
    ),
    (
      ["N": "1e9223372036854775807"],
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
    ),
    (
      ["N": "-1e99999999999999999999"],
      "Number overflow. Attempting to store a number with magnitude larger than supported range"
    ),
    (["N": "0e-9223372036854775808"], "{}"),
    (["N": "1e126"], "Number overflow. Attempting to store a number with magnitude larger than supported range"),
    (["N": "1e-131"], "Number underflow. Attempting to store a number with magnitude smaller than supported range"),
    (
      ["N": "123456789012345678901234567890123456789"],
      "Attempting to store more than 38 significant digits in a Number"
    ),
    (["N": ""], "The parameter cannot be converted to a numeric value"),
    (["N": "٣"], "The parameter cannot be converted to a numeric value: ٣"),
    (["NS": ["1", "b"]], "The parameter cannot be converted to a numeric value: b"),
    (["NS": ["1", "1.0"]], "\(counted)Input collection contains duplicates"),
    (["SS": []], "\(counted)\(invalid) An string set  may not be empty"),
    (["NS": []], "\(counted)\(invalid) An number set  may not be empty"),
    (["BS": []], "\(counted)\(invalid) Binary sets should not be empty"),
    (["SS": ["a", "a"]], "\(counted)\(invalid) Input collection [a, a] contains duplicates."),
    (["SS": ["e\u{301}", "\u{E9}"]], "{}"),
    (["BS": ["Yg==", "Yg=="]], "\(counted)\(invalid) Input collection [Yg==, Yg==]of type BS contains duplicates."),
    (["NULL": false], "\(counted)\(invalid) Null attribute value types must have the value of true"),
    (["NULL": true], "{}"),
    ([:], "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (["X": "a"], "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (["L": [[:]]], "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
    (
      ["S": "a", "N": "1"],
      "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    ), (["S": "a", "N": "b"], "The parameter cannot be converted to a numeric value: b"),
    (["S": 5], "NUMBER_VALUE cannot be converted to String"), (["S": true], "TRUE_VALUE cannot be converted to String"),
    (["N": 5], "NUMBER_VALUE cannot be converted to String"),
    (["B": 5], "only base-64-encoded strings are convertible to bytes"),
    (["B": "abc"], "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
    (["B": "Yh=="], "Invalid last non-pad Base64 character dectected"),
    (["B": "Y\u{E9}=="], "Base64 encoded length is expected a multiple of 4 bytes but found: 5"), (["B": ""], "{}"),
    (["SS": "a"], "Unexpected field type"), (["L": ["S": "a"]], "Start of structure or map found where not expected"),
    (["BOOL": "yes"], "Unexpected token received from parser"), ("a", "Unexpected value type in payload"),
    (["M": ["": ["S": "a"]]], "Empty attribute name"),
    // The JSON's form is told before what values mean.
    (["L": [["N": "x"], ["S": 5]]], "NUMBER_VALUE cannot be converted to String"),
  ]

  @Test("Values that are none are refused, and nothing traps", arguments: values)
  func value(value: JSON, message: String) throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    #expect(tables.answer("PutItem", ["TableName": "ttt", "Item": ["p": ["S": "a"], "v": value]]) == message)
  }

  private static func nested(_ levels: Int, _ type: String) -> JSON {
    (0..<levels).reduce(["S": "x"]) { inner, _ in
      type == "L" ? ["L": [inner]] : ["M": ["m": inner]]
    }
  }

  @Test("Names and depths at their limits") func limits() throws {
    let tables = try LocalTables()
    try tables.makeTable(range: nil)
    func put(_ name: String, _ value: JSON) -> String {
      tables.answer(
        "PutItem", ["TableName": "ttt", "Item": .object(JSONObject(["p": ["S": "a"], name: value]))])
    }
    #expect(put("", ["S": "x"]) == "Empty attribute name")
    #expect(put(String(repeating: "n", count: 65_535), ["S": "x"]) == "{}")
    #expect(
      put(String(repeating: "n", count: 65_536), ["S": "x"])
        == "Attribute name is too large, must be less than 65536 bytes")
    for type in ["L", "M"] {
      #expect(put("v", Self.nested(32, type)) == "{}")
      #expect(
        put("v", Self.nested(33, type))
          == "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
      )
    }
    // An update must not pass the depth either.
    #expect(
      tables.answer(
        "UpdateItem",
        [
          "TableName": "ttt", "Key": ["p": ["S": "a"]], "UpdateExpression": "SET v.m = :v",
          "ExpressionAttributeValues": [":v": Self.nested(32, "M")],
        ])
        == "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
    )
    // 400 KB: the names p and v, the key, and the text.
    #expect(put("v", ["S": .string(String(repeating: "x", count: (400 << 10) - 3))]) == "{}")
    #expect(
      put("v", ["S": .string(String(repeating: "x", count: (400 << 10) - 2))])
        == "Item size has exceeded the maximum allowed size")
  }
}
