import CacheSupport

/// Collects a request's members as they come, in time that grows with their number alone; of a name that is repeated the last value counts.
struct RequestMembers {
  private var members: [(name: String, value: JSON)] = []
  private var places: [ByteText: Int] = [:]

  var object: JSONObject { JSONObject(uniqueMembers: members) }

  /// Reads a member that is of no special kind.
  mutating func read(_ reader: inout JSONReader) throws(JSONError) {
    let name = try reader.memberName()
    let value = try reader.value()
    set(name, value)
  }

  mutating func set(_ name: String, _ value: JSON) {
    let place = places[ByteText(name), default: members.count]
    guard place == members.count else {
      members[place].value = value
      return
    }
    places[ByteText(name)] = place
    members.append((name, value))
  }
}
