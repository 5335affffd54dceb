extension StackState {
  /// Deletes what earlier templates left in the data, unless it is retained. What a module refuses to delete is told and left.
  ///
  /// - Returns: what is deleted, in words.
  mutating func prune(_ modules: [any ServiceModule]) -> [String] {
    // Tables go before their database.
    let types = LocalCloud.resourceTypes
    let order = left.sorted { types.place(of: $0.data?.type ?? "") > types.place(of: $1.data?.type ?? "") }
    var deleted: [StackResource] = []
    for resource in order where !resource.isRetained {
      guard let data = resource.data,
        let module = modules.first(where: { type(of: $0).resourceTypes.contains { $0.type == data.type } })
      else { continue }
      do throws(ServiceError) {
        try module.delete(resource)
        deleted.append(resource)
      } catch { Notice.tell("the \(data.words) cannot be deleted: \(error.message ?? error.type)") }
    }
    left.removeAll(where: deleted.contains)
    return deleted.compactMap(\.data?.words).sorted()
  }
}

extension StackResource {
  /// What people are told of what has left the template.
  var leftover: String? { data.map { $0.words + (isRetained ? " (retained)" : "") } }
}

extension [StackResource] {
  /// What of the plan these are, which have left the template.
  var plan: String {
    let (retained, others) = (filter(\.isRetained), filter { !$0.isRetained })
    var lines: [String] = []
    for (heading, resources) in [
      ("Is no longer in the template; --prune deletes it with its data", others),
      ("Is no longer in the template; its DeletionPolicy retains it", retained),
    ] where !resources.isEmpty {
      lines += ["", heading] + resources.compactMap(\.data?.words).sorted().map { "  " + $0 }
    }
    return lines.map { "\n" + $0 }.joined()
  }
}
