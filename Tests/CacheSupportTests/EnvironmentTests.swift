import Testing

@testable import CacheSupport

@Suite struct EnvironmentTests {
  @Test(
    "An entry is cut at its first equals sign, whatever follows it",
    arguments: [
      ("A=b", ["A", "b"]), ("A=b=c", ["A", "b=c"]), ("A=", ["A", ""]), ("=C:=x", ["", "C:=x"]), ("A", nil),
      // A value may begin with a mark that combines with the sign before it.
      ("A=\u{301}x", ["A", "\u{301}x"]),
    ] as [(String, [String]?)])
  func split(entry: String, parts: [String]?) {
    #expect(ProcessEnvironment.split(entry).map { [$0.name, $0.value] } == parts)
  }

  @Test("An empty variable counts as absent, and names compare by bytes") func lookup() throws {
    let environment: ProcessEnvironment = ["A": "1", "B": "", "caf\u{E9}": "composed", "cafe\u{301}": "decomposed"]
    #expect(environment["A"] == "1")
    #expect(environment["B"] == nil)
    #expect(environment["a"] == nil)
    #expect(environment["caf\u{E9}"] == "composed")
    #expect(environment["cafe\u{301}"] == "decomposed")
    #expect(environment.merging(["A": "2", "C": "3"])["A"] == "2")
    #expect(environment.merging(["C": "3"]).all.count == 5)
    #expect(environment.description == "ProcessEnvironment(4 variables)")
  }

  @Test("A variable that is missing or out of range is named, with what to set") func errors() throws {
    let environment: ProcessEnvironment = ["N": "5", "BAD": "x"]
    #expect(try environment.integer("N", default: 1, in: 1...9) == 5)
    #expect(try environment.integer("M", default: 1, in: 1...9) == 1)
    #expect(throws: EnvironmentError(description: "the environment variable N is '5': give a whole number from 6 to 9"))
    {
      try environment.integer("N", default: 6, in: 6...9)
    }
    #expect(
      throws: EnvironmentError(description: "the environment variable BAD is 'x': give a whole number from 1 to 9")
    ) {
      try environment.integer("BAD", default: 1, in: 1...9)
    }
    #expect(throws: EnvironmentError(description: "the environment variable T is not set: the table")) {
      try environment.require("T", "the table")
    }
  }

  @Test("The environment of this process is read") func process() {
    #expect(ProcessEnvironment.process()["PATH"] != nil)
  }
}
