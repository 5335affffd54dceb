import AWSClients
import CacheSupport
import Testing

@testable import LocalCloud

/// Every type against every other, in every kind of condition: 600 cases, whose answers are DynamoDB's rules.
@Suite struct TypeMatrixTests {
  /// A value of each type, and one of the same type that is greater where the type has an order, else different.
  static let values: [(type: AttributeType, value: AttributeValue, other: AttributeValue)] = [
    (.s, .s("ab"), .s("b")), (.n, .n("1"), .n("2")), (.b, .b("AQ=="), .b("Ag==")), (.bool, .bool(true), .bool(false)),
    (.null, .null, .null), (.l, .l([.s("ab")]), .l([])), (.m, .m(["a": .null]), .m([:])),
    (.ss, .ss(["ab"]), .ss(["c"])),
    (.ns, .ns(["1"]), .ns(["2"])), (.bs, .bs(["AQ=="]), .bs(["Ag=="])),
  ]

  static func holds(_ text: String, _ item: Item, _ values: [String: AttributeValue]) throws -> Bool {
    var object = JSONObject()
    object["ExpressionAttributeValues"] = .object(JSONObject(values.mapValues(\.json)))
    var bindings = try ExpressionParser.Bindings(try ItemRequest(Input(object)))
    let condition = try ExpressionParser.condition(.filter, text, &bindings)
    var evaluation = Evaluation()
    return try evaluation.holds(condition, for: item)
  }

  @Test("Equality and types", arguments: values.indices, values.indices)
  func equality(row: Int, column: Int) throws {
    let (one, other) = (Self.values[row], Self.values[column])
    let item: Item = ["a": one.value]
    #expect(try Self.holds("a = :v", item, [":v": other.value]) == (row == column))
    #expect(try Self.holds("a <> :v", item, [":v": other.value]) == (row != column))
    #expect(try Self.holds("a IN (:v)", item, [":v": other.value]) == (row == column))
    #expect(try Self.holds("attribute_type(a, :v)", item, [":v": .s(other.type.rawValue)]) == (row == column))
    // Null is the one type with a single value.
    #expect(try Self.holds("a = :v", item, [":v": other.other]) == (row == column && one.type == .null))
  }

  @Test("Order, beginnings and parts", arguments: values.indices, values.indices)
  func order(row: Int, column: Int) throws {
    let (one, other) = (Self.values[row], Self.values[column])
    let item: Item = ["a": one.value]
    let holds = { (text: String, value: AttributeValue) in try Self.holds(text, item, [":v": value]) }
    if other.type.isOrdered {
      #expect(try holds("a < :v", other.other) == (row == column))
      #expect(try holds("a <= :v", other.value) == (row == column))
      #expect(try !holds("a > :v", other.value))
      #expect(try holds("a BETWEEN :v AND :v", other.value) == (row == column))
    } else {
      for text in ["a < :v", "a <= :v", "a > :v", "a >= :v", "a BETWEEN :v AND :v"] {
        let error = #expect(throws: ServiceError.self) { try holds(text, other.value) }
        #expect(error?.message?.hasSuffix("operand type: \(other.type.rawValue)") == true)
      }
    }
    if other.type == .s || other.type == .b {
      #expect(try holds("begins_with(a, :v)", other.value) == (row == column))
    } else {
      #expect(throws: ServiceError.self) { try holds("begins_with(a, :v)", other.value) }
    }
    // A text and a binary hold themselves; a list and a set hold the member that they have.
    let contains: Set<[AttributeType]> = [[.s, .s], [.b, .b], [.l, .s], [.ss, .s], [.ns, .n], [.bs, .b]]
    #expect(try holds("contains(a, :v)", other.value) == contains.contains([one.type, other.type]))
  }

  @Test(
    "Sizes",
    arguments: [
      (.s, "2"), (.b, "1"), (.l, "1"), (.m, "1"), (.ss, "1"), (.ns, "1"), (.bs, "1"), (.n, nil), (.bool, nil),
      (.null, nil),
    ] as [(AttributeType, String?)])
  func size(type: AttributeType, size: String?) throws {
    let value = try #require(Self.values.first { $0.type == type }).value
    for text in ["size(a) = :n", "size(a) IN (:n)", "size(a) BETWEEN :n AND :n"] {
      #expect(try Self.holds(text, ["a": value], [":n": .n(size ?? "1")]) == (size != nil), "\(text)")
    }
    // Where there is no size, nothing is equal to it, and everything is unequal.
    #expect(try Self.holds("size(a) <> :n", ["a": value], [":n": .n(size ?? "1")]) == (size == nil))
  }
}
