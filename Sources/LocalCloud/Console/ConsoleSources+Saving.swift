import CacheSupport
import SQLiteStore

extension ConsoleSources {
  /// Puts a description beside the others, if the parameter is as it was read.
  func save(_ request: RouteRequest) async throws(ServiceError) -> JSON {
    let body = try Self.body(request)
    let draft = try Self.draft(body)
    guard let version = body["version"]?.int64 else { throw Self.wrong("give the version that was read, a number") }
    let used = try parameter()
    let secrets = try keys(body, draft, used)
    if let fault = try given().fault(of: draft, without: secrets) ?? keyFault(of: draft, used) { throw fault.error }
    let before = try read(used)
    guard before.version == version else { throw changed(used, before.version, version) }
    var descriptions = try used.descriptions(in: before)
    do throws(JSONError) { descriptions[draft.name] = try JSON(parsing: draft.text) } catch {
      throw Self.wrong("the description is not JSON: \(error)")
    }
    // As a client would put it, so that the same rules hold.
    let input: JSON = [
      "Name": .string(used.name), "Value": .string(JSON.object(descriptions).text), "Overwrite": true,
      "Tier": "Intelligent-Tiering",
    ]
    let step = try ssm.putParameter(
      OperationRequest(http: ServerRequest(method: "POST", path: "/", body: input.bytes)))
    guard case .writing(let put) = step else { throw .unavailable("the parameter is not written this way") }
    let name = ParameterName(used.name)
    let kept = try await storage.write { [store = ssm.store] connection throws(ServiceError) in
      let found = try store.find(name, connection)?.version
      guard found == version else { return (version: found ?? 0, isKept: false) }
      _ = try put(connection)
      return (version: try store.find(name, connection)?.version ?? 0, isKept: true)
    }
    guard kept.isKept else { throw changed(used, kept.version, version) }
    return ["version": .integer(kept.version)]
  }

  private func changed(_ used: SourcesParameter, _ found: Int64, _ read: Int64) -> ServiceError {
    used.conflict(
      "somebody has changed \(used.name) meanwhile: it has version \(found), and version \(read) was read. Nothing is saved"
    )
  }

  /// What must not be in a description: the key that was typed, and those of the parameters.
  private func keys(
    _ body: JSON, _ draft: SourceDraft, _ used: SourcesParameter
  ) throws(ServiceError) -> [String] {
    let own = (try? JSON(parsing: draft.text))?["keyParameter"]?.string
    var keys = [body["key"]?.string ?? ""]
    for name in [own, used.keyName].compactMap(\.self) { keys.append(try ssm.value(of: name) ?? "") }
    return keys.filter { !$0.isEmpty }
  }
}
