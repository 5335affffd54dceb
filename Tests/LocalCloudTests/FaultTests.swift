import CacheSupport
import Testing

@testable import LocalCloud

@Suite struct FaultTests {
  @Test("The generator is SplitMix64, so that a seed means the same everywhere")
  func random() {
    var random = SplitMix(seed: 1_234_567)
    // Of <https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64>.
    #expect(
      (0..<5).map { _ in random.next() } == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
  }

  @Test(
    "A share of a batch is at least one, and no more than there is",
    arguments: [
      (0, 0.5, Int.max, 0), (1, 0.1, .max, 1), (10, 0.3, .max, 3), (10, 1, .max, 10), (10, 1, 9, 9), (1, 0.5, 0, 0),
      (25, 0.01, 24, 1), (3, 0.5, .max, 2),
    ])
  func picks(count: Int, share: Double, most: Int, expected: Int) {
    var choice = FaultChoice(share: share, seed: 3)
    var again = choice
    let picked = choice.pick(of: count, most: most)
    #expect(picked.count == expected && picked.allSatisfy { (0..<count).contains($0) })
    #expect(again.pick(of: count, most: most) == picked)
  }

  @Test("Without rules nothing is struck, nor what names no resource by a rule that names one")
  func asking() throws {
    let threads = RequestThreads(count: 1)
    defer { threads.stop() }
    let faults = Faults(threads: threads)
    faults.know(FaultTargets([STSService(account: Account())]))
    let request = ServerRequest(method: "POST", path: "/", body: Array("not JSON".utf8))
    #expect(faults.strike("sts", "GetCallerIdentity", request).map { _ in true } == nil)
    #expect(faults.skew("sts", "GetCallerIdentity", request) == 0)
    _ = try faults.replace(with: FaultFile(name: "f", text: "seed: 1\nfaults: [{fault: throttling, resource: x}]"))
    #expect(faults.strike("sts", "GetCallerIdentity", request).map { _ in true } == nil)
    _ = try faults.replace(
      with: FaultFile(name: "f", text: "seed: 1\nfaults: [{fault: latency, milliseconds: 7}, {fault: drop-before}]"))
    let strike = try #require(faults.strike("sts", "GetCallerIdentity", request))
    #expect(strike.delay == .milliseconds(7))
    guard case .dropBefore = strike.ending else { Issue.record("it ends otherwise"); return }
    faults.end()
    #expect(faults.strike("sts", "GetCallerIdentity", request).map { _ in true } == nil)
  }
}
