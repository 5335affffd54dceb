import CacheSupport
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct ExpiringValueTests {
  enum Fault: RenewalError, Hashable {
    case passing, lasting, cancelled
    var mayPass: Bool { self == .passing }
    static var waitCancelled: Fault { .cancelled }
  }

  typealias Held = ExpiringValue<Int, Fault>

  static let minute: Int64 = 60_000
  static let timing = Held.Timing(
    ahead: 15 * minute, part: 4, margin: minute, grace: 10 * minute, pause: minute, pauseWithout: 5000)

  /// A value whose renewals are counted: the first gives 1, the second 2.
  final class Fixture: Sendable {
    let clock = ManualClock(1_800_000_000_000)
    let held: Held
    let reports = Recorder<Fault>()
    private let calls = Mutex(0)
    private let gate = Mutex<Gate?>(nil)
    private let fault = Mutex<Fault?>(nil)
    /// How long each value holds, in milliseconds; nil for ever.
    let lifetime: Int64?

    /// - Parameter patience: is lost when it opens; nil for never.
    init(lifetime: Int64?, random: Double = 0, patience: Gate? = nil) {
      self.lifetime = lifetime
      held = Held(
        clock: clock.clock, timing: ExpiringValueTests.timing, random: { random },
        sleep: { _ in
          guard let patience else { return try await Task.sleep(for: .seconds(3600)) }
          await patience.wait()
          try Task.checkCancellation()
        },
        report: { [reports] in reports.append($0) }
      )
    }

    var renewals: Int { calls.withLock { $0 } }

    /// Renewals wait from now on until the gate is opened.
    func hold() -> Gate {
      let new = Gate()
      gate.withLock { $0 = new }
      return new
    }

    /// Renewals fail from now on; nil lets them succeed again.
    func fail(_ error: Fault?) { fault.withLock { $0 = error } }

    func value(_ started: (@Sendable () -> Void)? = nil) async throws(Fault) -> Int {
      try await held.value { [self] () async throws(Fault) in
        let number = calls.withLock { calls in
          calls += 1
          return calls
        }
        started?()
        await gate.withLock { $0 }?.wait()
        if let error = fault.withLock({ $0 }) { throw error }
        return Held.Fresh(number, end: lifetime.map { clock.now + $0 })
      }
    }

    func burst(_ count: Int = 20) async throws(Fault) -> [Int] {
      try await mapConcurrently(0..<count, limit: count) { [self] _ async throws(Fault) in try await value() }
    }

    /// Waits until a renewal that runs in the background has ended: past its end a call waits for it.
    func settle(past: Int64) async -> Result<Int, Fault> {
      clock.advance(past)
      do throws(Fault) { return .success(try await value()) } catch { return .failure(error) }
    }
  }

  @Test(
    "A burst renews once, and once more shortly before the end, whatever the lifetime", arguments: [5, 15, 60, 720])
  func bursts(minutes: Int64) async throws {
    let lifetime = minutes * Self.minute
    let fixture = Fixture(lifetime: lifetime)
    #expect(Set(try await fixture.burst()) == [1])
    let ahead = min(Self.timing.ahead, lifetime / 4)
    fixture.clock.advance(lifetime - ahead - 1)
    #expect(Set(try await fixture.burst()) == [1])
    #expect(fixture.renewals == 1)
    // From here on one renewal runs beside the callers, who go on with what they have.
    let gate = fixture.hold()
    fixture.clock.advance(1)
    #expect(Set(try await fixture.burst()) == [1])
    fixture.clock.advance(ahead / 2)
    #expect(Set(try await fixture.burst()) == [1])
    gate.open()
    // So near the end callers wait for it; all of them for the same one.
    fixture.clock.advance(ahead / 2 - 1)
    #expect(Set(try await fixture.burst()) == [2])
    #expect(fixture.renewals == 2)
  }

  @Test("Callers who find no value wait for one renewal, and get its error") func firstFails() async {
    let fixture = Fixture(lifetime: 5 * Self.minute)
    fixture.fail(.passing)
    let gate = fixture.hold()
    let (starts, start) = AsyncStream<Void>.makeStream()
    async let first = Result { () async throws(Fault) in try await fixture.value { start.yield() } }
    for await _ in starts { break }
    async let second = Result { () async throws(Fault) in try await fixture.value() }
    gate.open()
    #expect(await first == .failure(.passing))
    #expect(await second == .failure(.passing))
    // With nothing to go on with, the next calls get the same, and none asks again before the pause.
    fixture.fail(nil)
    for _ in 0..<20 { await #expect(throws: Fault.passing) { try await fixture.value() } }
    #expect(fixture.renewals == 1)
    fixture.clock.advance(5000)
    #expect((try? await fixture.value()) == 2)
    #expect(fixture.reports.elements.isEmpty)
  }

  @Test("A clock that is set back does not make the pause after a failure longer") func setBack() async {
    let fixture = Fixture(lifetime: 5 * Self.minute)
    fixture.fail(.lasting)
    await #expect(throws: Fault.lasting) { try await fixture.value() }
    fixture.fail(nil)
    fixture.clock.advance(-60 * Self.minute)
    #expect((try? await fixture.value()) == 2)
  }

  @Test("While a renewal hangs, callers get the old value for as long as it may be kept") func hanging() async throws {
    let patience = Gate()
    let fixture = Fixture(lifetime: 60 * Self.minute, patience: patience)
    #expect(try await fixture.value() == 1)
    let gate = fixture.hold()
    // Nobody asked for so long that no renewal ran ahead of time.
    fixture.clock.advance(60 * Self.minute)
    async let burst = fixture.burst()
    patience.open()
    #expect(try await burst == Array(repeating: 1, count: 20))
    fixture.clock.advance(10 * Self.minute - 1)
    #expect(try await fixture.value() == 1)
    // Past that they wait for the one that is in flight.
    fixture.clock.advance(1)
    async let last = fixture.value()
    gate.open()
    #expect(try await last == 2)
    #expect(fixture.renewals == 2)
  }

  @Test("While renewals fail for what may pass, the old value is kept past its end, for a bounded time")
  func passingFailure() async throws {
    let fixture = Fixture(lifetime: 60 * Self.minute)
    _ = try await fixture.value()
    fixture.fail(.passing)
    // One minute before the end callers wait, and go on with the old value when the renewal has failed.
    fixture.clock.advance(59 * Self.minute)
    #expect(try await fixture.burst() == Array(repeating: 1, count: 20))
    #expect(fixture.renewals == 2)
    #expect(fixture.reports.elements == [.passing])
    // Not again before the pause, and then in the background.
    fixture.clock.advance(Self.minute - 1)
    #expect(Set(try await fixture.burst()) == [1])
    #expect(fixture.renewals == 2)
    fixture.clock.advance(1)
    #expect(Set(try await fixture.burst()) == [1])
    // Ten minutes past the end it is over.
    #expect(await fixture.settle(past: 10 * Self.minute) == .failure(.passing))
    fixture.fail(nil)
    fixture.clock.advance(5000)
    #expect(try await fixture.value() == fixture.renewals)
  }

  @Test("A failure that will not pass is thrown once the value has ended, and does not come to life again")
  func lastingFailure() async throws {
    let fixture = Fixture(lifetime: 60 * Self.minute)
    _ = try await fixture.value()
    fixture.fail(.lasting)
    fixture.clock.advance(59 * Self.minute)
    #expect(try await fixture.value() == 1)
    #expect(fixture.reports.elements == [.lasting])
    fixture.clock.advance(Self.minute - 1)
    #expect(try await fixture.value() == 1)
    // From its end on; and a cause that may pass does not bring it back.
    fixture.fail(.passing)
    #expect(await fixture.settle(past: 1) == .failure(.passing))
    #expect(fixture.renewals == 3)
  }

  @Test("A value that is expired is renewed before the next caller gets it, and stays where that fails")
  func expire() async throws {
    let fixture = Fixture(lifetime: 60 * Self.minute)
    #expect(try await fixture.value() == 1)
    fixture.held.expire()
    #expect(try await fixture.burst() == Array(repeating: 2, count: 20))
    for fault in [Fault.passing, .lasting] {
      fixture.fail(fault)
      fixture.held.expire()
      #expect(try await fixture.value() == 2)
    }
    #expect(fixture.renewals == 4)
    fixture.fail(nil)
    // One whose renewal is under way, which nobody waits for yet, is waited for.
    let gate = fixture.hold()
    fixture.clock.advance(50 * Self.minute)
    #expect(try await fixture.value() == 2)
    fixture.held.expire()
    async let next = fixture.value()
    gate.open()
    #expect(try await next == 5)
    // At its end it is renewed as ever.
    fixture.clock.advance(60 * Self.minute)
    #expect(try await fixture.value() == 6)
    // Nothing to expire, and one that has no end.
    Fixture(lifetime: nil).held.expire()
    let endless = Fixture(lifetime: nil)
    #expect(try await endless.value() == 1)
    endless.held.expire()
    #expect(try await endless.value() == 2)
  }

  @Test("A value that was refused is dropped; one that was renewed since stays") func forget() async throws {
    let fixture = Fixture(lifetime: 60 * Self.minute)
    #expect(try await fixture.value() == 1)
    fixture.held.forget { $0 == 1 }
    #expect(Set(try await fixture.burst()) == [2])
    // The other callers of the burst that was refused come late.
    for _ in 0..<20 { fixture.held.forget { $0 == 1 } }
    #expect(try await fixture.value() == 2)
    #expect(fixture.renewals == 2)
    // Refused while a renewal runs: callers wait for that one.
    let gate = fixture.hold()
    fixture.clock.advance(50 * Self.minute)
    #expect(try await fixture.value() == 2)
    fixture.held.forget()
    async let next = fixture.value()
    gate.open()
    #expect(try await next == 3)
    #expect(fixture.renewals == 3)
    // A refused value is not kept when the renewal fails.
    fixture.fail(.passing)
    fixture.held.forget()
    await #expect(throws: Fault.passing) { try await fixture.value() }
  }

  @Test("A caller that is cancelled returns at once, and the renewal goes on for the others") func cancellation()
    async throws
  {
    let fixture = Fixture(lifetime: 60 * Self.minute)
    let gate = fixture.hold()
    let (starts, start) = AsyncStream<Void>.makeStream()
    // The renewal starts once its first caller waits.
    let first = Task { await Result { () async throws(Fault) in try await fixture.value { start.yield() } } }
    for await _ in starts { break }
    let second = Task { await Result { () async throws(Fault) in try await fixture.value() } }
    first.cancel()
    #expect(await first.value == .failure(.cancelled))
    // One that was cancelled before it asked does not wait either.
    let third = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return await Result { () async throws(Fault) in try await fixture.value() }
    }
    #expect(await third.value == .failure(.cancelled))
    gate.open()
    #expect(await second.value == .success(1))
    #expect(fixture.renewals == 1)
    // Cancelled or not: what is there is handed out.
    let fourth = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return await Result { () async throws(Fault) in try await fixture.value() }
    }
    #expect(await fourth.value == .success(1))
  }

  @Test(
    "Renewals of many processes are spread over the first fifth of the window",
    arguments: [(0.0, 0), (0.5, 90), (1.0, 180)])
  func jitter(random: Double, seconds: Int64) async throws {
    let fixture = Fixture(lifetime: 60 * Self.minute, random: random)
    _ = try await fixture.value()
    fixture.clock.advance(45 * Self.minute + seconds * 1000 - 1)
    _ = try await fixture.value()
    #expect(fixture.renewals == 1)
    fixture.clock.advance(1)
    _ = try await fixture.value()
    #expect(await fixture.settle(past: 15 * Self.minute) == .success(2))
    // And so are the tries after a failure.
    fixture.fail(.passing)
    #expect(await fixture.settle(past: 60 * Self.minute) == .success(2))
    let pause = Self.minute + Int64(random * 30_000)
    fixture.clock.advance(pause - 1)
    _ = try await fixture.value()
    #expect(fixture.renewals == 3)
  }

  @Test(
    "A value that had ended before it came is used for a pause: not every call renews",
    arguments: [0, -1, -3_600_000, .min / 2])
  func endedBeforeItCame(lifetime: Int64) async throws {
    let fixture = Fixture(lifetime: lifetime)
    for _ in 0..<3 { #expect(Set(try await fixture.burst()) == [1]) }
    #expect(await fixture.settle(past: Self.minute) == .success(2))
  }

  @Test("A value without an end, or with one beyond all bounds, is never renewed", arguments: [nil, .max / 2])
  func endless(lifetime: Int64?) async throws {
    let fixture = Fixture(lifetime: lifetime)
    #expect(try await fixture.value() == 1)
    fixture.clock.advance(1000 * 365 * 24 * 60 * Self.minute)
    #expect(Set(try await fixture.burst()) == [1])
  }
}

extension Result where Success: Sendable {
  fileprivate init(_ body: () async throws(Failure) -> Success) async {
    do throws(Failure) { self = .success(try await body()) } catch { self = .failure(error) }
  }
}
