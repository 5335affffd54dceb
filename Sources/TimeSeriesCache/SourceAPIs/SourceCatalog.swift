public import AWSClients
public import CacheSupport
import Synchronization

/// The sources by name, from the environment or a parameter, and the keys that they need.
///
/// `SOURCES` holds a JSON object of descriptions by name, or `SOURCES_SSM_ID` names the parameter that does; the parameter
/// is read again after five minutes. The parameter that `API_KEY_SSM_ID` names, else `API_KEY`, is the key for every source
/// that names no `keyParameter` of its own.
public struct SourceCatalog: Sendable {
  private let text: CachedParameter
  private let defaultKey: CachedParameter?
  private let keys: CachedParameters
  private let described = Descriptions()

  /// Descriptions that were read, as long as their text is the same.
  private final class Descriptions: Sendable {
    private let known = Mutex<[String: (json: JSON, description: SourceDescription)]>([:])

    func find(_ name: String, _ json: JSON) -> SourceDescription? {
      known.withLock { known in known[name].flatMap { $0.json == json ? $0.description : nil } }
    }

    func keep(_ description: SourceDescription, for json: JSON) {
      known.withLock { $0[description.name] = (json, description) }
    }
  }

  /// - Throws: `EnvironmentError` where no variable says what the sources are.
  public init(environment: ProcessEnvironment, ssm: SSMClient, clock: WallClock) throws(EnvironmentError) {
    keys = CachedParameters(ssm: ssm, clock: clock)
    if let text = environment["SOURCES"] {
      self.text = CachedParameter(fixed: text)
    } else {
      let name = try environment.require(
        "SOURCES_SSM_ID", "the name of the parameter with the sources (or give them in SOURCES)")
      text = keys[name]
    }
    // The parameter comes first: API_KEY is also the name of the API's own key, which is no source's business.
    if let name = environment["API_KEY_SSM_ID"] {
      defaultKey = keys[name]
    } else {
      defaultKey = environment["API_KEY"].map { CachedParameter(fixed: $0) }
    }
  }

  /// The source that an identifier's item names; without a name the one called `default`, or the only one.
  ///
  /// - Throws: ``SourceError`` that names what is missing.
  public func source(named name: String?) async throws(SourceError) -> SourceDescription {
    let sources = try await all()
    let names = sources.members.map(\.name).sorted().joined(separator: ", ")
    let chosen: String
    if let name {
      guard sources[name] != nil else { throw SourceError(name, at: "catalog", "is not there; \(names) are") }
      chosen = name
    } else {
      guard let only = sources["default"] != nil ? "default" : sources.count == 1 ? sources.members[0].name : nil else {
        throw SourceError(
          "default", at: "catalog", "give the identifier's item an attribute 'source': there are \(names)")
      }
      chosen = only
    }
    // A description that is wrong stops its own series alone.
    let json = sources[chosen] ?? .null
    if let known = described.find(chosen, json) { return known }
    let description = try SourceDescription(name: chosen, json: json)
    described.keep(description, for: json)
    return description
  }

  /// Every description by name, not yet checked.
  private func all() async throws(SourceError) -> JSONObject {
    let text: String
    do throws(AWSError) { text = try await self.text.value() } catch {
      throw SourceError("any", at: "catalog", "cannot be read: \(error)", isTransient: error.isRetryable)
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: text) } catch {
      throw SourceError("any", at: "catalog", "is not JSON: \(error)")
    }
    guard let object = json.object, !object.isEmpty else {
      throw SourceError("any", at: "catalog", "give an object of descriptions by name, at least one")
    }
    return object
  }

  /// The key for a source, or nil for one that needs none.
  public func key(for source: SourceDescription) async throws(SourceError) -> String? {
    guard source.usesKey else { return nil }
    guard let parameter = source.keyParameter.map({ [keys] name in keys[name] }) ?? defaultKey else {
      throw SourceError(
        source.name, at: "key", "none is configured: set API_KEY_SSM_ID, or keyParameter in the description")
    }
    let key: String
    do throws(AWSError) { key = try await parameter.value() } catch {
      throw SourceError(source.name, at: "key", "cannot be read: \(error)", isTransient: error.isRetryable)
    }
    guard !PlaceholderKey.isPlaceholder(key) else {
      throw SourceError(source.name, at: "key", "is still the placeholder: put the real one into its parameter")
    }
    return key
  }
}
