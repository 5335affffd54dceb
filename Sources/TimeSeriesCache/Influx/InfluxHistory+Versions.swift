import CacheSupport

/// The points of one series that a write still has to look up.
struct VersionSearch: Sendable {
  let part: Int
  let place: InfluxPlace
  /// Ascending, nanoseconds.
  let instants: [Int64]
  /// The first instant that is not known yet.
  var next: Int = 0
  /// True where the store has so many points between the instants that each instant is asked for alone.
  var isSparse: Bool = false

  var isDone: Bool { next >= instants.count }
}

/// The versions that are in the store, by the part of a write and the instant.
typealias InfluxVersions = [Int: [Int64: Int64]]

extension InfluxHistory {
  /// Points that one request for versions may give.
  static let versionsPerRequest: Int = 20_000
  /// Statements of one request.
  static let statementsPerRequest: Int = 100

  /// The versions of the points that are in the store at the instants of a write.
  ///
  /// A range is read from the first instant to the last, and again from where it was cut; where most of what came was not asked for, the
  /// rest is asked for instant by instant. So the cost grows with what is written, not with what lies between.
  func versions(_ searches: [VersionSearch]) async throws(StoreError) -> InfluxVersions {
    var found: InfluxVersions = [:]
    var pending = searches.filter { !$0.isDone }
    while !pending.isEmpty {
      let rounds = Self.rounds(of: pending)
      let answers = try await mapConcurrently(rounds, limit: Self.requestsInFlight) {
        round async throws(StoreError) -> [VersionAnswer] in
        try await versionAnswers(round)
      }
      pending = []
      for answer in answers.joined() {
        found[answer.search.part, default: [:]].merge(answer.versions) { _, last in last }
        if !answer.search.isDone { pending.append(answer.search) }
      }
    }
    return found
  }

  /// A search, and how many points are asked for.
  struct VersionStep: Sendable {
    var search: VersionSearch
    var limit: Int
  }

  private struct VersionAnswer: Sendable {
    var search: VersionSearch
    var versions: [Int64: Int64] = [:]
  }

  /// The searches of each request.
  static func rounds(of searches: [VersionSearch]) -> [[VersionStep]] {
    var rounds: [[VersionStep]] = []
    var (statements, rows) = (0, 0)
    for search in searches {
      let left = search.instants.count - search.next
      // Twice as many as are looked for: what was written by others lies between, or there is nothing yet.
      let limit = search.isSparse ? min(left, statementsPerRequest) : min(2 * left + 10, versionsPerRequest)
      let needed = search.isSparse ? limit : 1
      if rounds.isEmpty || statements + needed > statementsPerRequest || rows + limit > versionsPerRequest {
        rounds.append([])
        (statements, rows) = (0, 0)
      }
      rounds[rounds.count - 1].append(VersionStep(search: search, limit: limit))
      statements += needed
      rows += limit
    }
    return rounds
  }

  private func versionAnswers(_ round: [VersionStep]) async throws(StoreError) -> [VersionAnswer] {
    var question = InfluxQuestion()
    // The step that each statement belongs to.
    var owners: [Int] = []
    let version = InfluxField(name: InfluxPlace.version, type: .integer).column
    for (index, step) in round.enumerated() {
      let search = step.search
      let name = InfluxQL.name(search.place.measurement.text)
      let others = schemas.known(search.place.measurement)?.tags ?? []
      let condition = search.place.condition(&question, others: others)
      let series = condition.isEmpty ? "" : condition + " AND "
      let ends = search.isSparse ? Array(search.instants[search.next...].prefix(step.limit)) : []
      let spans =
        search.isSparse
        ? ends.map { InfluxSpan(from: $0, to: $0) }
        : [InfluxSpan(from: search.instants[search.next], to: search.instants[search.instants.count - 1])]
      for span in spans {
        question.ask(
          "SELECT \(version) FROM \(name) WHERE \(series)\(span.condition) GROUP BY * ORDER BY time LIMIT \(search.isSparse ? 1 : step.limit)"
        )
        owners.append(index)
      }
    }
    let answer = try await connection.ask(question)
    var answers = round.map { VersionAnswer(search: $0.search) }
    var counts = [Int](repeating: 0, count: round.count)
    var lasts = [Int64?](repeating: nil, count: round.count)
    for block in answer.blocks where owners.indices.contains(block.statement) {
      let owner = owners[block.statement]
      guard round[owner].search.place.isExactly(block.tags) else { continue }
      var rows = answer.rows(of: block)
      while try rows.next() {
        let time = try rows.time()
        if let version = rows.integer(1) { answers[owner].versions[time] = version }
        counts[owner] += 1
        lasts[owner] = time
      }
    }
    for (index, step) in round.enumerated() {
      answers[index].search.advance(step, count: counts[index], last: lasts[index])
      let wanted = Set(step.search.instants[step.search.next...])
      answers[index].versions = answers[index].versions.filter { wanted.contains($0.key) }
    }
    return answers
  }
}

extension VersionSearch {
  /// Goes on after an answer of so many points, the last of them at an instant.
  mutating func advance(_ step: InfluxHistory.VersionStep, count: Int, last: Int64?) {
    if isSparse {
      next += step.limit
      return
    }
    guard count >= step.limit, let last else {
      next = instants.count
      return
    }
    let before = next
    next = instants[next...].firstIndex { $0 > last } ?? instants.count
    // Fewer than one of four points was looked for.
    isSparse = (next - before) * 4 < count
  }
}
