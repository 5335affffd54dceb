import Testing

@testable import LocalCloud

@Suite struct BatchFailureTests {
  @Test("A batch's failures are named as Lambda reads them") func failures() {
    let batch: Set<String> = ["a", "b"]
    let cases: [(String, Set<String>?)] = [
      ("", []), ("null", []), ("{}", []), (#"{"batchItemFailures":[]}"#, []), (#"{"batchItemFailures":null}"#, []),
      (#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#, ["a"]),
      (#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, nil),
      (#"{"batchItemFailures":[{"itemIdentifier":"zz"}]}"#, nil), (#"{"batchItemFailures":[{}]}"#, nil), ("no", nil),
      (#"{"batchItemFailures":5}"#, nil),
    ]
    for (payload, failed) in cases {
      #expect(EventSource.failures(in: Array(payload.utf8), of: batch) == failed, "\(payload)")
    }
  }
}
