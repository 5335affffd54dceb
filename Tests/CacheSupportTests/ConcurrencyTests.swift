import CacheSupport
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ConcurrentMapTests {
  struct Fault: Error, Hashable { var number: Int }

  /// Waits until the task is cancelled.
  static func untilCancelled() async {
    let (never, end) = AsyncStream<Void>.makeStream()
    for await _ in never {}
    end.finish()
  }

  @Test("As many bodies run at once as the limit says, and never more", arguments: [1, 3, 8])
  func limit(limit: Int) async {
    let running = Mutex((now: 0, most: 0))
    // None ends before the places are full.
    let full = Gate()
    let results = await mapConcurrently(0..<100, limit: limit) { element in
      let now = running.withLock { running in
        running.now += 1
        running.most = max(running.most, running.now)
        return running.now
      }
      if now == limit { full.open() }
      await full.wait()
      await Task.yield()
      running.withLock { $0.now -= 1 }
      return element * 2
    }
    #expect(results == (0..<100).map { $0 * 2 })
    #expect(running.withLock { $0.most } == limit)
  }

  @Test("Results have the elements' order, whichever ends first") func order() async {
    let gates = (0..<20).map { _ in Gate() }
    // Each waits for the one after it.
    let results = await mapConcurrently(0..<20, limit: 20) { element in
      if element < 19 { await gates[element + 1].wait() }
      gates[element].open()
      return element
    }
    #expect(results == Array(0..<20))
  }

  @Test("Nothing to do is nothing done; a limit below one counts as one", arguments: [0, -5])
  func few(limit: Int) async {
    #expect(await mapConcurrently([Int](), limit: limit) { $0 }.isEmpty)
    #expect(await mapConcurrently([1, 2, 3], limit: limit) { $0 } == [1, 2, 3])
    // A result that is an optional stays one.
    #expect(await mapConcurrently([1, 2], limit: 2) { $0 == 1 ? nil : $0 } == [nil, 2])
  }

  @Test("Elements are drawn as places come free") func lazy() async {
    let drawn = Mutex(0)
    let most = Mutex(0)
    let ended = Mutex(0)
    let elements = (0..<1000).lazy.map { element in
      drawn.withLock { $0 += 1 }
      return element
    }
    _ = await mapConcurrently(elements, limit: 4) { _ in
      let ahead = drawn.withLock { $0 } - ended.withLock { $0 }
      most.withLock { $0 = max($0, ahead) }
      await Task.yield()
      ended.withLock { $0 += 1 }
    }
    #expect(drawn.withLock { $0 } == 1000)
    #expect(most.withLock { $0 } <= 4)
  }

  @Test("The first error cancels the others, is thrown once they have ended, and nothing else is started")
  func firstError() async {
    let started = Recorder<Int>()
    let ended = Recorder<Int>()
    let full = Gate()
    await #expect(throws: Fault(number: 2)) {
      try await mapConcurrently(0..<100, limit: 4) { element async throws(Fault) in
        started.append(element)
        if started.elements.count == 4 { full.open() }
        await full.wait()
        guard element != 2 else { throw Fault(number: 2) }
        await Self.untilCancelled()
        ended.append(element)
        // Comes after the first, and does not replace it.
        throw Fault(number: element)
      }
    }
    #expect(started.elements.sorted() == [0, 1, 2, 3])
    #expect(ended.elements.sorted() == [0, 1, 3])
  }

  @Test("A cancellation from outside reaches the bodies") func cancellation() async {
    let full = Gate()
    let started = Mutex(0)
    let task = Task {
      await mapConcurrently(0..<3, limit: 3) { element in
        let count = started.withLock { count in
          count += 1
          return count
        }
        if count == 3 { full.open() }
        await Self.untilCancelled()
        return element
      }
    }
    await full.wait()
    task.cancel()
    #expect(await task.value == [0, 1, 2])
  }
}

@Suite(.timeLimit(.minutes(10))) struct WithinTests {
  @Test("What comes in time is given back") func inTime() async {
    #expect(await within(.seconds(3600)) { 5 } == 5)
    #expect(await within(.seconds(3600)) { Int?.none } == .some(nil))
  }

  @Test("What takes longer gives nil, and is cancelled", arguments: [Duration.milliseconds(1), .zero, .seconds(-5)])
  func late(limit: Duration) async {
    let cancelled = Gate()
    let answer: Void? = await within(limit) {
      await ConcurrentMapTests.untilCancelled()
      cancelled.open()
    }
    #expect(answer == nil)
    await cancelled.wait()
  }

  @Test("What cannot be cancelled is not waited for") func uncancellable() async {
    let never = Gate()
    let answer: Void? = await within(.milliseconds(1)) { await never.wait() }
    #expect(answer == nil)
    never.open()
  }

  @Test("A waiting task that is cancelled gets nil at once, and the body is cancelled") func cancellation() async {
    let started = Gate()
    let cancelled = Gate()
    let task = Task {
      await within(.seconds(3600)) {
        started.open()
        await ConcurrentMapTests.untilCancelled()
        cancelled.open()
      }
    }
    await started.wait()
    task.cancel()
    #expect(await task.value == nil)
    await cancelled.wait()
  }
}
