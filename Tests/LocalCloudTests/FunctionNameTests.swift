import Testing

@testable import LocalCloud

/// How requests name functions.
@Suite struct FunctionNameTests {
  static let arn = "arn:aws:lambda:us-east-1:000000000000:function:"

  @Test(
    "A name, a part of an ARN and the whole are one function",
    arguments: [
      ("f", nil, "f", nil), ("f:$LATEST", nil, "f", "$LATEST"), ("f", "7", "f", "7"), ("f:7", "7", "f", "7"),
      ("function:f", nil, "f", nil), ("000000000000:function:f", nil, "f", nil),
      ("us-east-1:000000000000:f:7", nil, "f", "7"),
      (arn + "f", nil, "f", nil), (arn + "f:live", nil, "f", "live"), ("function", nil, "function", nil),
      ("function:function:7", nil, "function", "7"), ("000000000000", nil, "000000000000", nil),
      ("us-east-1", nil, "us-east-1", nil), ("arn", nil, "arn", nil), ("arn:7", nil, "arn", "7"),
    ] as [(String, String?, String, String?)])
  func names(text: String, qualifier: String?, name: String, expected: String?) throws {
    let found = try FunctionName(text, qualifier: qualifier, in: Account())
    #expect(found.name == name)
    #expect(found.qualifier == expected)
  }

  @Test(
    "What is no name, or that of another place, is refused",
    arguments: [
      ("", nil, "ValidationException"), ("a b", nil, "ValidationException"), ("a.b", nil, "ValidationException"),
      ("invalid:function:name", nil, "ValidationException"), ("f:a:b", nil, "ValidationException"),
      (String(repeating: "a", count: 141), nil, "ValidationException"),
      ("f:7", "8", "InvalidParameterValueException"), ("eu-west-1:000000000000:f", nil, "ResourceNotFoundException"),
      ("arn:aws:lambda:eu-west-1:000000000000:function:f", nil, "ResourceNotFoundException"),
      ("111111111111:f", nil, "AccessDeniedException"),
    ] as [(String, String?, String)])
  func refusals(text: String, qualifier: String?, code: String) {
    #expect { try FunctionName(text, qualifier: qualifier, in: Account()) } throws: {
      ($0 as? ServiceError)?.code == Substring(code)
    }
  }

  @Test("Invoke's names may have a dot") func invoked() throws {
    #expect(try FunctionName("a.b:$LATEST.PUBLISHED", form: .invoked, in: Account()).name == "a.b")
    #expect(throws: ServiceError.self) { try FunctionName("a b", form: .invoked, in: Account()) }
  }
}
