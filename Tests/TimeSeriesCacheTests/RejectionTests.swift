import Testing

@testable import TimeSeriesCache

@Suite struct RejectionTests {
  @Test("Of 100,003 rejections ten are kept, all are counted, and the reasons by how often they came")
  func bounded() {
    var rejections = Rejections()
    for batch in 0..<101 {
      var part = Rejections()
      for index in 0..<1000 where batch < 100 || index < 3 {
        let time = Int64(batch * 1000 + index)
        let reason =
          batch == 100 ? "A measure has another type" : "Outside the time range [2024-01-01T00:00:\(index), now)"
        part.add(.init(time: time, reason: reason))
      }
      rejections.add(part)
    }
    #expect(rejections.count == 100_003)
    #expect(rejections.first.map(\.time) == Array(0..<10))
    #expect(rejections.reasons.map(\.count) == [100_000, 3])
    #expect(
      rejections.reasons.map(\.text) == [
        "Outside the time range [2024-01-01T00:00:0, now)", "A measure has another type",
      ])
  }

  @Test("Reasons without end are not kept without end") func manyReasons() {
    var rejections = Rejections()
    for index in 0..<1000 {
      rejections.add(.init(time: 0, reason: String(repeating: "x", count: index)))
    }
    #expect(rejections.reasons.count == Rejections.reasonsKept)
    #expect(rejections.count == 1000)
  }
}
