package import AWSClients
package import CacheSupport
package import LambdaRuntime
import Synchronization

/// The sources by name, from the environment or a parameter, and the keys that they need.
///
/// | variable | means |
/// |---|---|
/// | `SOURCES` | a JSON object of descriptions by name |
/// | `SOURCES_SSM_ID` | where `SOURCES` is absent: the name of the parameter that holds it, read every five minutes, and for a name that is not known |
/// | `API_KEY_SSM_ID` | the name of the parameter with the key for sources without a `keyParameter` |
/// | `SOURCE_KEY` | where `API_KEY_SSM_ID` is absent: that key itself |
///
/// `API_KEY` is the key of this project's own API and is never read here: it must not be sent to a source.
package struct SourceCatalog: Sendable {
  private let text: CachedParameter
  private let defaultKey: CachedParameter?
  private let keys: CachedParameters
  private let clock: WallClock
  private let known = Known()

  /// Milliseconds for which names that are not known do not let the parameter be read again.
  static let rereadPause: Int64 = 10_000

  /// What was read of the catalog's text, for as long as the text is the same.
  private final class Known: Sendable {
    private struct Reading {
      var text: String
      var sources: JSONObject
      var descriptions: [ByteText: SourceDescription] = [:]
    }

    private let reading = Mutex<Reading?>(nil)
    /// When the text was last read for a name that it did not have, epoch milliseconds.
    private let lastReread = Mutex<Int64?>(nil)

    /// Lets a text that lacks a name be read again, unless that was done a moment ago.
    func expire(_ text: CachedParameter, at now: Int64) {
      lastReread.withLock { last in
        if let last, last <= now, now - last < SourceCatalog.rereadPause { return }
        last = now
        text.expire()
      }
    }

    func sources(in text: String) throws(SourceError) -> JSONObject {
      if let sources = reading.withLock({ $0.flatMap { $0.text.hasSameBytes(as: text) ? $0.sources : nil } }) {
        return sources
      }
      let json: JSON
      do throws(JSONError) { json = try JSON(parsing: text) } catch {
        throw SourceError("any", at: "catalog, \(error.place(in: text))", "is not JSON: \(error.reason)")
      }
      guard let sources = json.object, !sources.isEmpty else {
        throw SourceError("any", at: "catalog", "give an object of descriptions by name, at least one")
      }
      reading.withLock { $0 = Reading(text: text, sources: sources) }
      return sources
    }

    /// A description is read when its first series needs it: one that is wrong stops its own series alone.
    func description(_ name: String, in text: String, _ json: JSON) throws(SourceError) -> SourceDescription {
      let known = reading.withLock {
        $0.flatMap { $0.text.hasSameBytes(as: text) ? $0.descriptions[ByteText(name)] : nil }
      }
      if let known { return known }
      let description = try SourceDescription(name: name, json: json)
      reading.withLock { reading in
        if reading?.text.hasSameBytes(as: text) ?? false { reading?.descriptions[ByteText(name)] = description }
      }
      return description
    }
  }

  /// - Parameter logger: told where a parameter cannot be read and the value that is known stays in use.
  /// - Throws: `EnvironmentError` where no variable says what the sources are.
  package init(
    environment: ProcessEnvironment, ssm: SSMClient, clock: WallClock, logger: LambdaLogger = .silent
  ) throws(EnvironmentError) {
    self.clock = clock
    keys = CachedParameters(ssm: ssm, clock: clock, logger: logger)
    if let text = environment["SOURCES"] {
      self.text = CachedParameter(fixed: text)
    } else {
      let name = try environment.require(
        "SOURCES_SSM_ID", "the name of the parameter with the sources (or give them in SOURCES)")
      text = keys[name]
    }
    if let name = environment["API_KEY_SSM_ID"] {
      defaultKey = keys[name]
    } else {
      defaultKey = environment["SOURCE_KEY"].map { CachedParameter(fixed: $0) }
    }
  }

  /// The source that an identifier's item names; without a name the one called `default`, or the only one.
  ///
  /// A parameter that lacks it is read again first, once in ``rereadPause``: whoever adds a source need not wait for it to count.
  ///
  /// - Throws: ``SourceError`` that names what is missing.
  package func source(named name: String?) async throws(SourceError) -> SourceDescription {
    var (text, sources) = try await read()
    if (name ?? Self.defaultName(sources)).flatMap({ sources[$0] }) == nil {
      known.expire(self.text, at: clock.now)
      (text, sources) = try await read()
    }
    guard let chosen = name ?? Self.defaultName(sources) else {
      throw SourceError(
        "default", at: "catalog", "give the identifier's item an attribute 'source': one of \(Self.names(sources))")
    }
    guard let json = sources[chosen] else {
      throw SourceError(chosen, at: "catalog", "there is no such source: give one of \(Self.names(sources))")
    }
    return try known.description(chosen, in: text, json)
  }

  /// How often each source is asked.
  struct Schedules: Sendable {
    /// Milliseconds by name, of sources that have a schedule of their own.
    fileprivate(set) var every: [ByteText: Int64] = [:]
    /// The source of identifiers that name none.
    fileprivate var defaultName: String?
    /// Descriptions that cannot be read: they count as sources without a schedule of their own.
    fileprivate(set) var unreadable: [SourceError] = []

    /// No source has a schedule of its own.
    init(defaultName: String? = nil) { self.defaultName = defaultName }

    /// Milliseconds; nil for a source without a schedule of its own.
    func every(ofSource name: String?) -> Int64? { (name ?? defaultName).flatMap { every[ByteText($0)] } }
  }

  /// How often each source is asked.
  ///
  /// - Throws: ``SourceError`` where the sources cannot be read.
  func schedules() async throws(SourceError) -> Schedules {
    let (text, sources) = try await read()
    var schedules = Schedules(defaultName: Self.defaultName(sources))
    for (name, json) in sources.members {
      do throws(SourceError) {
        schedules.every[ByteText(name)] = try known.description(name, in: text, json).every
      } catch { schedules.unreadable.append(error) }
    }
    return schedules
  }

  /// What is wrong in the descriptions of a text, before any of them is used; nothing where all can be read.
  package static func faults(in text: String) -> [SourceError] {
    let sources: JSONObject
    do throws(SourceError) { sources = try Known().sources(in: text) } catch { return [error] }
    return sources.members.compactMap { name, json in
      do throws(SourceError) {
        _ = try SourceDescription(name: name, json: json)
        return nil
      } catch { return error }
    }
  }

  private func read() async throws(SourceError) -> (text: String, sources: JSONObject) {
    let text: String
    do throws(AWSError) { text = try await self.text.value() } catch {
      throw SourceError(
        "any", at: "catalog", "cannot be read: \(error)", isTransient: error.mayPass, isSourceFault: false)
    }
    return (text, try known.sources(in: text))
  }

  /// The one called `default`, or the only one; nil where neither is.
  private static func defaultName(_ sources: JSONObject) -> String? {
    if sources["default"] != nil { return "default" }
    return sources.count == 1 ? sources.members.first?.name : nil
  }

  private static func names(_ sources: JSONObject) -> String {
    sources.members.map { ByteText($0.name) }.sorted().map(\.text).joined(separator: ", ")
  }

  /// The key for a source, or nil for one that needs none.
  ///
  /// - Throws: ``SourceError`` where the source needs a key and there is none, or only a placeholder.
  package func key(for source: SourceDescription) async throws(SourceError) -> String? {
    guard source.usesKey else { return nil }
    guard let parameter = source.keyParameter.map({ [keys] name in keys[name] }) ?? defaultKey else {
      throw SourceError(
        source.name, at: "key",
        "no key is configured: set API_KEY_SSM_ID or SOURCE_KEY, or keyParameter in the description")
    }
    let key: String
    do throws(AWSError) { key = try await parameter.value() } catch {
      throw SourceError(
        source.name, at: "key", "cannot be read: \(error)", isTransient: error.mayPass, isSourceFault: false)
    }
    guard !PlaceholderKey.isPlaceholder(key) else {
      throw SourceError(source.name, at: "key", "is still the placeholder: put the real one into its parameter")
    }
    return key
  }
}
