/// Follows all ways through a pattern at once, a character at a time, and keeps for each step one way: the one that is preferred.
///
/// See <https://swtch.com/~rsc/regexp/regexp2.html> (Pike's machine).
struct PatternMachine {
  /// The ways at one place of the text, those that are preferred first.
  private final class Ways {
    var steps: [Int] = []
    /// For each way the places of the groups, one after the other.
    var places: [Int] = []
    /// The last round in which a step was reached, for each loop whose iteration may have begun there.
    var reached: [Int]

    init(_ count: Int) { reached = Array(repeating: -1, count: count) }

    func clear() {
      steps.removeAll(keepingCapacity: true)
      places.removeAll(keepingCapacity: true)
    }
  }

  private enum Pending {
    /// With the outermost loop around it whose iteration began at this place; all further within began here, too.
    case step(Int, begun: Int)
    case restore(slot: Int, place: Int)
  }

  private let program: PatternProgram
  private let text: [UInt8]
  private let slots: Int
  private var ways: Ways
  private var nextWays: Ways
  private var round = 0
  /// Steps that were looked at since work was counted last.
  private var visited = 0
  private var pending: [Pending] = []
  private var places: [Int]

  init(_ program: PatternProgram, _ text: [UInt8], slots: Int) {
    self.program = program
    self.text = text
    self.slots = slots
    ways = Ways(program.steps.count * (program.loopDepth + 1))
    nextWays = Ways(program.steps.count * (program.loopDepth + 1))
    places = Array(repeating: -1, count: slots)
    visited = (ways.reached.count + nextWays.reached.count) / 64
  }

  /// The places of the first match and its groups from a place on, -1 for a group that took no part.
  mutating func run(from start: Int, _ execution: Execution) throws(QueryFault) -> [Int]? {
    ways.clear()
    var found: [Int]?
    var place = start
    round += 1
    while true {
      let current = UTF8Text.scalar(in: text, at: place)
      if found == nil {
        // A match may start here, after all that started before.
        for slot in 0..<slots { places[slot] = -1 }
        follow(0, at: place, current?.scalar, into: ways)
      }
      try execution.spend(1 + visited)
      visited = 0
      if ways.steps.isEmpty, found != nil { return found }
      round += 1
      nextWays.clear()
      for index in ways.steps.indices {
        let step = ways.steps[index]
        switch program.steps[step] {
        case .end:
          found = Array(ways.places[(index * slots)..<((index + 1) * slots)])
        case .one(let test):
          guard let current else { continue }
          visited += program.tests[test].cost(of: current.scalar) - 1
          guard program.tests[test].contains(current.scalar) else { continue }
          for slot in 0..<slots { places[slot] = ways.places[index * slots + slot] }
          follow(step + 1, at: current.end, UTF8Text.scalar(in: text, at: current.end)?.scalar, into: nextWays)
          continue
        case .assertion, .split, .jump, .keep, .begin, .leaveIfEmpty: continue
        }
        // What comes after a match is preferred less.
        break
      }
      swap(&ways, &nextWays)
      guard let current else { return found }
      if ways.steps.isEmpty, found != nil { return found }
      place = current.end
    }
  }

  /// Adds the steps that take a character, or end, to which a step leads without taking one.
  private mutating func follow(_ step: Int, at place: Int, _ next: Unicode.Scalar?, into ways: Ways) {
    let none = program.loopDepth
    pending.append(.step(step, begun: none))
    while let work = pending.popLast() {
      visited += 1
      guard case .step(let step, let begun) = work else {
        if case .restore(let slot, let old) = work { places[slot] = old }
        continue
      }
      let key: Int
      switch program.steps[step] {
      // After a character no iteration is empty any more.
      case .one, .end: key = step * (none + 1) + none
      default: key = step * (none + 1) + begun
      }
      guard ways.reached[key] != round else { continue }
      ways.reached[key] = round
      switch program.steps[step] {
      case .one, .end:
        ways.steps.append(step)
        ways.places.append(contentsOf: places)
      case .jump(let target): pending.append(.step(target, begun: begun))
      case .split(let first, let second):
        pending.append(.step(second, begun: begun))
        pending.append(.step(first, begun: begun))
      case .begin(let loop): pending.append(.step(step + 1, begun: min(begun, loop)))
      case .leaveIfEmpty(let loop, let exit):
        // Past the loop it is around the step no longer.
        if begun > loop {
          pending.append(.step(step + 1, begun: none))
        } else {
          pending.append(.step(exit, begun: begun < loop ? begun : none))
        }
      case .keep(let slot):
        pending.append(.restore(slot: slot, place: places[slot]))
        places[slot] = place
        pending.append(.step(step + 1, begun: begun))
      case .assertion(let assertion):
        if holds(assertion, at: place, next) { pending.append(.step(step + 1, begun: begun)) }
      }
    }
  }

  private func holds(_ assertion: PatternAssertion, at place: Int, _ next: Unicode.Scalar?) -> Bool {
    switch assertion {
    case .textStart: return place == 0
    case .veryEnd: return next == nil
    case .lineStart:
      guard next != nil, let before = UTF8Text.scalar(in: text, before: place) else { return place == 0 }
      return before.endsLine && !(before == "\r" && next == "\n")
    case .lineEnd:
      guard let next else { return true }
      return next.endsLine && !(next == "\n" && UTF8Text.scalar(in: text, before: place) == "\r")
    case .textEnd:
      // Before a line's end that ends the text, too.
      guard let next else { return true }
      guard next.endsLine, !(next == "\n" && UTF8Text.scalar(in: text, before: place) == "\r") else { return false }
      let end = UTF8Text.next(in: text, from: place)
      return end >= text.count || next == "\r" && text[end] == 10 && end + 1 == text.count
    case .wordBoundary: return isBoundary(place, next)
    case .noWordBoundary: return !isBoundary(place, next)
    }
  }

  private func isBoundary(_ place: Int, _ next: Unicode.Scalar?) -> Bool {
    (UTF8Text.scalar(in: text, before: place)?.isWordPart ?? false) != (next?.isWordPart ?? false)
  }
}
