package import CacheSupport

/// A description that is tried before any function uses it.
package struct SourceTrial: Sendable {
  /// Why nothing was asked, in the words of the API where they are the API's rules.
  package struct Refusal: Error, Sendable, Hashable {
    /// As of an answer of HTTP.
    package var status: Int
    package var message: String
  }

  /// What is wrong with a description, and where.
  package struct Fault: Error, Sendable, Hashable {
    /// A line and a column, or a JSON Pointer.
    package var place: String
    package var reason: String
    /// Where a text is not JSON: the byte, from 0.
    package var offset: Int?
  }

  /// With the limits of a trial where its own are wider.
  let description: SourceDescription

  /// What a trial takes of a source at most, whatever its description allows.
  static let mostPages: Int = 20
  static let mostBytes: Int = 8 << 20
  static let mostAttempts: Int = 3
  static let longestTimeout: Duration = .seconds(30)

  /// - Parameters:
  ///   - name: of the description among the others.
  ///   - text: its JSON.
  /// - Throws: the first fault.
  package init(name: String, text: String) throws(Fault) {
    if let fault = Self.fault(ofName: name) { throw fault }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: text) } catch { throw Fault(error, in: text) }
    guard json.object != nil else { throw Fault(place: "description", reason: "is \(json.kind): give an object") }
    do throws(SourceError) {
      var description = try SourceDescription(name: name, json: json)
      description.maximumPages = min(description.maximumPages, Self.mostPages)
      description.maximumBytes = min(description.maximumBytes, Self.mostBytes)
      description.attempts = min(description.attempts, Self.mostAttempts)
      description.timeout = min(description.timeout, Self.longestTimeout)
      self.description = description
    } catch { throw Fault(place: error.place, reason: error.reason) }
  }

  /// What is wrong with a description, before it is kept where functions read it; nil where nothing is.
  ///
  /// - Parameter keys: what must not be in it, for a parameter of descriptions is no place for secrets.
  package static func fault(of text: String, named name: String, without keys: [String]) -> Fault? {
    do throws(Fault) { _ = try SourceTrial(name: name, text: text) } catch { return error }
    let holdsKey = keys.contains { !PlaceholderKey.isPlaceholder($0) && Redactor(key: $0)(text) != text }
    return holdsKey ? Fault(place: "description", reason: "has the key itself in it: write {key} in its place") : nil
  }

  private static func fault(ofName name: String) -> Fault? {
    let isName = (1...Registration.maximumNameBytes).contains(name.utf8.count)
    guard isName, !name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      return Fault(
        place: "name", reason: "give 1 to \(Registration.maximumNameBytes) bytes without control characters")
    }
    return nil
  }

  /// Asks the source as a fetch of an identifier does, and stores nothing. Redirects are not followed.
  ///
  /// - Parameters:
  ///   - attributes: those of the identifier's item, as the API takes them; nil takes those that its item has.
  ///   - key: nil takes the one of the description's parameter, or of the environment's.
  ///   - finder: of the environment that the fetch function has.
  ///   - now: epoch milliseconds.
  ///   - limit: when it is given up; the report then tells what was known.
  /// - Throws: ``Refusal`` where the source was not asked.
  package func report(
    of identifier: String, attributes: JSON?, key: String?, finder: SourceFinder, now: Int64, limit: Duration,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) async throws(Refusal) -> SourceReport {
    let (result, isLate): (Result<SourceReport, Refusal>?, Bool) = await withTaskGroup(
      of: Result<SourceReport, Refusal>?.self
    ) { group in
      group.addTask { await ask(identifier, attributes, key, finder, now) }
      group.addTask {
        do { try await sleep(limit) } catch { return nil }
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      // What is given up tells at once how far it came.
      return first == nil ? (await group.next() ?? nil, true) : (first, false)
    }
    let words = "given up after \(limit.components.seconds) seconds"
    switch result {
    case .success(var report):
      if isLate, report.failure != nil { report.failure = SourceError(description.name, at: "check", words) }
      return report
    case .failure(let refusal) where !isLate: throw refusal
    case .failure, nil: throw Refusal(status: 504, message: "the check was \(words)")
    }
  }

  private func ask(
    _ identifier: String, _ attributes: JSON?, _ key: String?, _ finder: SourceFinder, _ now: Int64
  ) async -> Result<SourceReport, Refusal> {
    let pages: SourcePages
    do {
      let identifier = try Identifier(identifier)
      var entry = try await finder.entry(of: identifier)
      if let attributes {
        let given = try Registration(body: (["attributes": attributes] as JSON).bytes).attributes
        entry = SeriesEntry(identifier, attributes: given)
      }
      pages = try await finder.pages(of: identifier, from: description, entry, key: key, now: now)
    } catch { return .failure(Refusal(error)) }
    return .success(await SourceReport.asking(pages))
  }

  /// Registers an identifier as `PUT /v1/series/{identifier}` does, by the same rules.
  ///
  /// - Parameter attributes: of its item; nil leaves those that it has.
  /// - Returns: what the API answers.
  package static func register(
    _ identifier: String, source: String, attributes: JSON?, registry: IdentifierRegistry, now: Int64
  ) async throws(Refusal) -> JSON {
    do {
      let identifier = try Identifier(identifier)
      let body: JSON = ["source": .string(source), "attributes": attributes ?? [:]]
      var registration = try Registration(body: body.bytes)
      if attributes == nil, let entry = try await registry.entry(identifier) {
        registration.attributes = entry.attributes.filter { !SeriesEntry.ownNames.contains($0.key) }
      }
      let outcome = try await registry.put(
        identifier, source: registration.source, attributes: registration.attributes, now: now)
      return try outcome.entry(of: identifier, registration, now: now).entry.json(withMeasures: true)
    } catch { throw Refusal(error) }
  }
}

extension SourceTrial.Refusal {
  fileprivate init(_ error: any Error) {
    switch error {
    case let error as APIError: self.init(status: error.status, message: error.message)
    case let error as StoreError: self.init(status: 503, message: "the identifiers' table: \(error)")
    default: self.init(status: 400, message: "\(error)")
    }
  }
}

extension SourceTrial.Fault {
  fileprivate init(_ error: JSONError, in text: String) {
    self.init(place: error.place(in: text), reason: "is not JSON: \(error.reason)", offset: error.offset)
  }
}
