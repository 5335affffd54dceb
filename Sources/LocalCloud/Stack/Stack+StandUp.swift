import CacheSupport

extension Stack {
  /// Makes the storage what the stack says, each module its part.
  ///
  /// - Returns: what an earlier run stood up and this stack no longer has.
  func standUp(_ modules: [any ServiceModule], _ state: inout StackState) throws(TemplateError) -> [String] {
    do throws(ServiceError) {
      for module in modules { try module.standUp(self, &state) }
    } catch {
      throw TemplateError("the stack cannot be stood up: \(withoutSecrets(error.message ?? error.type))")
    }
    state.address = site.address
    let leftovers = Set(state.resources).subtracting(kept).sorted()
    state.resources = kept + leftovers
    return leftovers
  }
}
