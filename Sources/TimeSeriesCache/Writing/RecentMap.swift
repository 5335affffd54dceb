/// A dictionary of bounded size: where it is full, the half that was put there first is forgotten.
struct RecentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// The most keys.
  let capacity: Int
  private var newer: [Key: Value] = [:]
  private var older: [Key: Value] = [:]

  /// - Parameter capacity: at least 2.
  init(capacity: Int) { self.capacity = capacity }

  /// How many keys it has.
  var count: Int { newer.count + older.count }

  /// A value that is put counts as new; nil removes it.
  subscript(key: Key) -> Value? {
    get { newer[key] ?? older[key] }
    set {
      older[key] = nil
      guard let newValue else {
        newer[key] = nil
        return
      }
      if newer[key] == nil, newer.count >= capacity / 2 {
        older = newer
        newer = [:]
      }
      newer[key] = newValue
    }
  }
}
