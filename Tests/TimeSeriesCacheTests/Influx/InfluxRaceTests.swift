import CacheSupport
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import TimeSeriesCache

/// Several writers, answers that are lost, and what other programs write.
@Suite("Writers of InfluxDB", .enabled(if: InfluxServer.isPresent, "\(InfluxServer.absence)"))
struct InfluxRaceTests {
  @Test("a write whose answer is lost is repeated, and counts as stored")
  func lostAnswer() async throws {
    try await InfluxServer.with { server in
      let lost = Mutex(0)
      let http = FakeHTTP { request, _ in
        let answer: Result<HTTPResponse, HTTPError>
        do throws(HTTPError) { answer = .success(try await server.http.send(request)) } catch {
          answer = .failure(error)
        }
        guard request.url.contains("/write?") else { return answer }
        let isLost = lost.withLock { lost in
          lost += 1
          return lost == 1
        }
        return isLost ? .failure(HTTPError(.connectionLost, "the answer is lost")) : answer
      }
      let series = try Series.source("lost")
      let samples = (0..<288).map { Sample(Int64($0) * 300_000, ["a": .double(Double($0))]) }
      let written = try await server.history(http).write(samples, of: series, version: 5)
      #expect(written == HistoryWrite(stored: samples.map(\.time)))
      // It had arrived: the second attempt found it, and wrote nothing.
      #expect(lost.withLock { $0 } == 1)
      #expect(try await server.history().all(series) == samples)
      // What was there before it was sent is superseded.
      #expect(try await server.history().write(samples, of: series, version: 5) == HistoryWrite(superseded: 288))
    }
  }

  @Test("a newer version that arrives between two attempts stays")
  func newerBetween() async throws {
    try await InfluxServer.with { server in
      let series = try Series.source("between")
      let newer = Sample(1, ["b": .double(2)])
      let calls = Mutex(0)
      let http = FakeHTTP { request, _ in
        if request.url.contains("/write?") {
          let isFirst = calls.withLock { calls in
            calls += 1
            return calls == 1
          }
          if isFirst {
            // The request does not reach the server, and another writer comes first.
            do { _ = try await server.history().write([newer], of: series, version: 9) } catch {
              Issue.record(error)
            }
            return .failure(HTTPError(.connectionLost, "gone"))
          }
        }
        do throws(HTTPError) { return .success(try await server.http.send(request)) } catch { return .failure(error) }
      }
      let written = try await server.history(http).write([Sample(1, ["a": .double(1)])], of: series, version: 8)
      #expect(written == HistoryWrite(superseded: 1))
      #expect(try await server.history().all(series) == [newer])
    }
  }

  @Test("two writers at once leave whole rows, and the higher version where it writes again")
  func twoWriters() async throws {
    try await InfluxServer.with { server in
      let series = try Series.source("race")
      let one = (0..<500).map { Sample(Int64($0), ["a": .double(1), "b": .double(1)]) }
      let two = (0..<500).map { Sample(Int64($0), ["b": .double(2), "c": .double(2)]) }
      async let first = try server.history().write(one, of: series, version: 1)
      async let second = try server.history().write(two, of: series, version: 2)
      let outcomes = try await [first, second]
      #expect(outcomes.allSatisfy { $0.failure == nil && $0.stored + $0.superseded == 500 })
      #expect(outcomes[1].stored == 500)
      for sample in try await server.history().all(series) {
        #expect(sample == one[Int(sample.time)] || sample == two[Int(sample.time)])
      }
      #expect(try await server.history().write(two, of: series, version: 3).stored == 500)
      #expect(try await server.history().all(series) == two)
    }
  }

  @Test("points of other writers are read, and versions of others are not mistaken for the series' own")
  func others() async throws {
    try await InfluxServer.with { server in
      let history = try server.history()
      let series = try Series.tagged("cpu", ["host": "a"])
      try await server.write(
        "cpu,host=a idle=99.5,core=4i,up=true,note=\"x\" 1000000\ncpu,host=a,core=1 idle=1 1000000")
      let foreign = Sample(1, ["core": .bigint(4), "idle": .double(99.5), "note": .varchar("x"), "up": .boolean(true)])
      #expect(try await history.all(series) == [foreign])
      let other = try Series.tagged("cpu", ["host": "a", "core": "1"])
      // Its version is high, and its tags are more: it is another series.
      #expect(
        await history.write([Sample(1, ["idle": .double(2)]), Sample(2, ["idle": .double(3)])], of: other, version: 9)
          .stored == 2)
      #expect(await history.write([Sample(2, ["idle": .double(50)])], of: series, version: 1).stored == 1)
      #expect(try await history.all(series) == [foreign, Sample(2, ["idle": .double(50)])])
      // A field of another writer at an instant of ours is not ours.
      try await server.write("cpu,host=a load=7 2000000")
      #expect(try await history.all(series) == [foreign, Sample(2, ["idle": .double(50)])])
      // A field that is new is found, though the others are known.
      #expect(await history.write([Sample(3, ["fresh": .double(1)])], of: series, version: 1).stored == 1)
      #expect(try await history.all(series).last == Sample(3, ["fresh": .double(1)]))
    }
  }

  @Test("samples far apart in a dense series cost as many requests as there are samples, not as there are rows")
  func sparse() async throws {
    try await InfluxServer.with { server in
      let series = try Series.source("dense")
      let dense = (0..<20_000).map { Sample(Int64($0), ["a": .double(1)]) }
      #expect(try await server.history().write(dense, of: series, version: 1).stored == 20_000)
      var requests: [Int] = []
      for count in [20, 200] {
        let http = FakeHTTP { request, _ in
          do throws(HTTPError) { return .success(try await server.http.send(request)) } catch { return .failure(error) }
        }
        let samples = (0..<count).map { Sample(Int64($0 * (20_000 / count)), ["a": .double(2)]) }
        let written = try await server.history(http).write(samples, of: series, version: Int64(count))
        #expect(written.stored == count)
        requests.append(http.requests.count)
      }
      #expect(requests == [4, 5])
      let older = (0..<50).map { Sample(Int64($0 * 400), ["a": .double(3)]) }
      #expect(try await server.history().write(older, of: series, version: 20).superseded == 50)
    }
  }
}
