import CacheSupport

extension Stack {
  /// Makes the storage what the stack says, each module its part.
  ///
  /// - Parameters:
  ///   - now: epoch milliseconds.
  ///   - begin: runs once all is checked, before anything is written.
  func standUp(
    _ modules: [any ServiceModule], _ state: inout StackState, now: Int64,
    begin: () throws(ServiceError) -> Void = {}
  ) throws(TemplateError) {
    state.take(self, now: now)
    do throws(ServiceError) {
      for module in modules { try module.check(self, state) }
      try begin()
      for module in modules { try module.standUp(self, &state) }
    } catch {
      throw TemplateError("the stack cannot be set up: \(withoutSecrets(error.message ?? error.type))")
    }
    state.address = site.address
    state.intents = [:]
  }

  /// What was made of the template and the parameters, whatever the port of this cloud.
  fileprivate var digest: String {
    let values = parameters.map { JSON.array([.string($0.name), .string($0.value), .string($0.resolved ?? "")]) }
    let text = JSON.array([.string(source)] + values).text.replacing(site.address, with: "${LocalCloud}")
    return RandomID.uuid(of: Array(text.utf8))
  }
}

extension StackState {
  /// What earlier runs stood up and a stack does not have, of which data are left.
  func left(by stack: Stack) -> [StackResource] {
    let kept = Set(stack.members.compactMap(\.data))
    var seen: Set<StackResource.Data> = []
    return (resources + left).filter { $0.data.map { !kept.contains($0) && seen.insert($0).inserted } ?? false }
  }

  /// What to remember of a start that may end before its stack stands: all that it may leave in the data.
  func beginning(_ stack: Stack) -> StackState {
    var state = self
    let known = Set((resources + left).compactMap(\.data))
    state.left += stack.members.filter { $0.data.map { !known.contains($0) } ?? false }
    for parameter in stack.all(ParameterResource.self) {
      let address = parameter.value.contains(stack.site.address) ? stack.site.address : ""
      let intent = Intent(
        value: parameter.value, settings: JSON.object(parameter.settings).text, address: address)
      if !(state.intents[parameter.name] ?? []).contains(intent) {
        state.intents[parameter.name, default: []].append(intent)
      }
    }
    return state
  }

  /// Goes over to a stack: what it has with the times of its changes, and what it has no more.
  fileprivate mutating func take(_ stack: Stack, now: Int64) {
    left = left(by: stack)
    let known = Dictionary(resources.map { (ByteText($0.logicalID), $0) }) { first, _ in first }
    resources = stack.members.map { member in
      var member = member
      let before = known[ByteText(member.logicalID)].flatMap { $0.type == member.type ? $0 : nil }
      member.created = before?.created ?? now
      member.updated = before.flatMap { $0.digest == member.digest ? $0.updated : nil } ?? now
      return member
    }
    if created == nil { created = now } else if digest != stack.digest { updated = now }
    digest = stack.digest
  }
}
