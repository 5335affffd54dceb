import Synchronization

/// The memory of all results, of queries that run and of those that are kept, in bytes that were taken from the machine.
final class ResultMemory: Sendable {
  /// All together.
  let limit: Int
  private let used = Atomic(0)

  init(limit: Int) { self.limit = limit }

  var bytes: Int { used.load(ordering: .relaxed) }

  /// What one result has of it; given back with the last reference.
  final class Share: Sendable {
    private let memory: ResultMemory
    private let held = Atomic(0)

    init(of memory: ResultMemory) { self.memory = memory }

    deinit { memory.used.subtract(held.load(ordering: .relaxed), ordering: .relaxed) }

    var bytes: Int { held.load(ordering: .relaxed) }

    /// Takes more, where there is enough once others have given back what they will.
    func take(_ bytes: Int, expecting: Int = 0) -> Bool {
      let sum = memory.used.wrappingAdd(bytes, ordering: .relaxed).newValue
      guard sum - expecting <= memory.limit else {
        memory.used.subtract(bytes, ordering: .relaxed)
        return false
      }
      held.add(bytes, ordering: .relaxed)
      return true
    }
  }
}
