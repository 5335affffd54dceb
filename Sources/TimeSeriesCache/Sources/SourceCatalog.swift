public import AWSClients
public import Basics

/// The sources by name, from the environment or a parameter, and the keys that they need.
///
/// `SOURCES` holds a JSON object of descriptions by name, or `SOURCES_SSM_ID` names the parameter that does; the parameter
/// is read again after five minutes. `API_KEY`, or the parameter that `API_KEY_SSM_ID` names, is the key for every source
/// that names no `keyParameter` of its own.
public struct SourceCatalog: Sendable {
  private let text: CachedParameter
  private let defaultKey: CachedParameter?
  private let keys: CachedParameters

  /// - Throws: `EnvironmentError` where no variable says what the sources are.
  public init(environment: Environment, ssm: SSMClient, clock: WallClock) throws(EnvironmentError) {
    keys = CachedParameters(ssm: ssm, clock: clock)
    if let text = environment["SOURCES"] {
      self.text = CachedParameter(fixed: text)
    } else {
      let name = try environment.require(
        "SOURCES_SSM_ID", "the name of the parameter with the sources (or give them in SOURCES)")
      text = keys[name]
    }
    if let key = environment["API_KEY"] {
      defaultKey = CachedParameter(fixed: key)
    } else {
      defaultKey = environment["API_KEY_SSM_ID"].map { [keys] name in keys[name] }
    }
  }

  /// The source that an identifier's item names; without a name the one called `default`, or the only one.
  ///
  /// - Throws: ``SourceError`` that names what is missing.
  public func source(named name: String?) async throws(SourceError) -> SourceDescription {
    let sources = try await all()
    if let name {
      guard let source = sources[name] else {
        throw SourceError(name, at: "catalog", "is not there; \(sources.keys.sorted().joined(separator: ", ")) are")
      }
      return source
    }
    guard let source = sources["default"] ?? (sources.count == 1 ? sources.first?.value : nil) else {
      throw SourceError(
        "default", at: "catalog", "give the identifier's item an attribute 'source': there are \(sources.keys.sorted().joined(separator: ", "))")
    }
    return source
  }

  /// Every description, read and checked.
  public func all() async throws(SourceError) -> [String: SourceDescription] {
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
    var sources: [String: SourceDescription] = [:]
    for (name, description) in object.members { sources[name] = try SourceDescription(name: name, json: description) }
    return sources
  }

  /// The key for a source, or nil for one that needs none.
  public func key(for source: SourceDescription) async throws(SourceError) -> String? {
    guard source.usesKey else { return nil }
    guard let parameter = source.keyParameter.map({ [keys] name in keys[name] }) ?? defaultKey else {
      throw SourceError(source.name, at: "key", "none is configured: set API_KEY_SSM_ID, or keyParameter in the description")
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
