import AWSClients
import CacheSupport

extension IdentifierRegistry {
  /// Adds a run to a series' status, where the series is registered.
  ///
  /// One request where `known` is what the item holds. Where another run came first, the sum is made again of what the table gave
  /// back, ``attempts`` times in all.
  ///
  /// - Parameter known: the status when it was read last; nil for none.
  /// - Returns: the status that is now kept; nil for an identifier that is not registered, which gets no item.
  /// - Throws: ``StoreError`` where it could not be written; the series' samples are none the worse.
  @discardableResult
  package func record(
    _ run: SeriesRun, of identifier: Identifier, known: SeriesStatus?
  ) async throws(StoreError) -> SeriesStatus? {
    var known = known
    // Tells an update whose answer was lost, and which was sent again, from another's.
    let mark = AttributeValue.s(RandomID.uuid())
    for _ in 1...Self.attempts {
      let status = (known ?? SeriesStatus()).adding(run)
      var map = status.map
      map["run"] = mark
      let condition =
        known == nil ? "attribute_not_exists(#status)" : "#status.#revision = :revision"
      var names = ["#id": "identifier", "#status": "status"]
      var values: Item = [":status": .m(map)]
      if let known {
        names["#revision"] = "revision"
        values[":revision"] = .n(known.revision)
      }
      let outcome = try await update(
        identifier, "SET #status = :status", where: "attribute_exists(#id) AND \(condition)", names: names,
        values: values)
      switch outcome {
      case .done: return status
      case .refused(nil): return nil
      case .refused(let found?):
        guard !SeriesEntry.hasForeignStatus(found) else {
          throw StoreError(
            .failed,
            "the item of '\(identifier)' has an attribute 'status' of its own: rename it, for its runs are kept there")
        }
        let entry = try Self.entry(found)
        if found["status"]?.map?["run"] == mark { return entry.status }
        known = entry.status
      }
    }
    throw Self.contended(identifier)
  }
}
