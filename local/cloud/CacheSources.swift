import CacheSupport
import HTTPTransport
import LocalCloud
import TimeSeriesCache

/// The cache's own reading of sources, for the console.
struct CacheSources: SourceTools {
  func fault(of draft: SourceDraft, without keys: [String]) -> SourceFault? {
    SourceTrial.fault(of: draft.text, named: draft.name, without: keys).map { SourceFault($0) }
  }

  func fault(ofIdentifier identifier: String) -> String? {
    do { _ = try Identifier(identifier) } catch { return "\(error)" }
    return nil
  }

  func check(_ question: SourceQuestion) async throws(SourceRefusal) -> JSON {
    let trial: SourceTrial
    do throws(SourceTrial.Fault) {
      trial = try SourceTrial(name: question.draft.name, text: question.draft.text)
    } catch { throw SourceRefusal(status: 400, message: "\(error.place): \(error.reason)") }
    let finder = try Self.finder(question.environment)
    do throws(SourceTrial.Refusal) {
      return try await trial.report(
        of: question.identifier, attributes: question.attributes, key: question.key, finder: finder,
        now: WallClock.system.now, limit: question.limit
      ).json
    } catch { throw SourceRefusal(status: error.status, message: error.message) }
  }

  func register(
    _ identifier: String, source: String, attributes: JSON?, environment: [String: String]
  ) async throws(SourceRefusal) -> JSON {
    guard let registry = try Self.finder(environment).registry else {
      throw SourceRefusal(status: 404, message: "the function that fetches has no variable IDENTIFIER_TABLE")
    }
    do throws(SourceTrial.Refusal) {
      return try await SourceTrial.register(
        identifier, source: source, attributes: attributes, registry: registry, now: WallClock.system.now)
    } catch { throw SourceRefusal(status: error.status, message: error.message) }
  }

  /// As the fetch function makes it. Nothing that it has read is known to the next one.
  private static func finder(_ variables: [String: String]) throws(SourceRefusal) -> SourceFinder {
    let environment = ProcessEnvironment(variables)
    do { return try SourceFinder(environment: environment, http: CurlClient(environment: environment)) } catch {
      throw SourceRefusal(status: 501, message: "the function's variables: \(error)")
    }
  }
}

extension SourceFault {
  fileprivate init(_ fault: SourceTrial.Fault) {
    self.init(place: fault.place, reason: fault.reason, offset: fault.offset)
  }
}
