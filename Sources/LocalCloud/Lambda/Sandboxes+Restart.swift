import Synchronization

extension Sandboxes {
  /// Lets a function begin anew, as AWS does once its configuration has changed: its idle processes end now, and those that run an
  /// event after it. What they have remembered goes with them.
  ///
  /// - Returns: how many processes end now, and how many later.
  @discardableResult
  func restart(_ function: String) -> (now: Int, later: Int) {
    let (endings, later) = pool.withLock { $0.restart(function) }
    for ending in endings { ending.carryOut() }
    return (endings.count, later)
  }
}

extension SandboxPool {
  /// Decides that a function's processes end, those that are busy when they next ask for an event.
  fileprivate mutating func restart(_ function: String) -> (endings: [Ending], later: Int) {
    var (endings, later): ([Ending], Int) = ([], 0)
    for (id, sandbox) in sandboxes where sandbox.function == function && !sandbox.isEnding {
      if sandbox.isIdle {
        if let ending = end(id) { endings.append(ending) }
      } else {
        sandboxes[id]?.isOutdated = true
        later += 1
      }
    }
    return (endings, later)
  }
}
