import CacheSupport
import Synchronization
import TimestreamSQL

/// The results that clients may still ask for: further pages, or the same answer by the same client token.
final class QueryResults: Sendable {
  private struct Kept {
    var result: QueryResult
    /// Where the newest page that was asked for starts; an older one is not to be had again.
    var offset = 0
    /// Where the page starts for which a token was given; no other is to be had.
    var issued = 0
    /// How often a token was used.
    var uses = 0
    var isCancelled = false
    /// True once its last page was fetched.
    var isFinished = false
  }

  /// Results of one kind, the oldest first.
  private struct Shelf {
    let lifetime: Int64
    private var order = Deque<String>()
    private(set) var results: [String: Kept] = [:]
    private(set) var bytes = 0

    init(lifetime: Int64) { self.lifetime = lifetime }

    subscript(id: String) -> Kept? {
      get { results[id] }
      set { if results[id] != nil { results[id] = newValue } }
    }

    mutating func add(_ kept: Kept) {
      order.append(kept.result.id)
      results[kept.result.id] = kept
      bytes += kept.result.bytes
    }

    var oldest: QueryResult? { order.first.flatMap { results[$0]?.result } }

    mutating func removeOldest() -> QueryResult? {
      guard let kept = order.popFirst().flatMap({ results.removeValue(forKey: $0) }) else { return nil }
      bytes -= kept.result.bytes
      return kept.result
    }
  }

  private struct State {
    var paged = Shelf(lifetime: QueryResults.tokenLifetime)
    var repeats = Shelf(lifetime: QueryResults.repeatLifetime)
    /// The result of each client token.
    var byClientToken: [String: String] = [:]
    var count: Int { paged.results.count + repeats.results.count }

    func kept(_ id: String) -> Kept? { paged[id] ?? repeats[id] }

    /// Takes out one: the oldest without further pages before any that has some.
    mutating func drop() -> QueryResult? {
      let dropped = repeats.removeOldest() ?? paged.removeOldest()
      if let token = dropped?.clientToken, byClientToken[token] == dropped?.id { byClientToken[token] = nil }
      return dropped
    }

    /// Takes out what nobody can ask for any more.
    mutating func dropExpired(now: Int64) -> [QueryResult] {
      var dropped: [QueryResult] = []
      while let oldest = repeats.oldest, now - oldest.createdAt >= repeats.lifetime, let result = repeats.removeOldest()
      {
        dropped.append(result)
      }
      while let oldest = paged.oldest, now - oldest.createdAt >= paged.lifetime, let result = paged.removeOldest() {
        dropped.append(result)
      }
      for result in dropped {
        if let token = result.clientToken, byClientToken[token] == result.id { byClientToken[token] = nil }
      }
      return dropped
    }
  }

  private let state = Mutex(State())
  let memory: ResultMemory

  /// How long a result can be paged through, milliseconds.
  static let tokenLifetime: Int64 = 3_600_000
  /// How often the token of one page can be used.
  static let tokenUses: Int = 5
  /// Results that are kept.
  static let resultLimit: Int = 1000
  /// Of them, what is there for a repeated client token alone: for five minutes, and small.
  static let repeatLifetime: Int64 = 5 * 60_000
  static let repeatBytes: Int = 16 << 20

  init(memory: ResultMemory) { self.memory = memory }

  static func token(_ id: String, _ digest: String, _ offset: Int) -> String { "\(id)-\(digest)-\(offset)" }

  /// The bytes of all results that are kept.
  var bytes: Int { state.withLock { $0.paged.bytes + $0.repeats.bytes } }

  // MARK: Memory

  /// Finds room for more bytes of a result that is being made: the oldest that are kept go first.
  ///
  /// - Throws: where there is not enough even without them.
  func makeRoom(for share: ResultMemory.Share, _ bytes: Int) throws(QueryError) {
    if share.take(bytes) { return }
    // They go once the lock is open, for they give back what they have as they go.
    var dropped: [QueryResult] = []
    var expected = 0
    let isFound = state.withLock { state in
      while let result = state.drop() {
        expected += result.bytes
        dropped.append(result)
        if share.take(bytes, expecting: expected) { return true }
      }
      return false
    }
    guard isFound else {
      throw .failed(
        "the results of all queries take more than \(memory.limit >> 20) MB, which is what the local cloud has for them"
      )
    }
  }

  // MARK: Pages

  /// The page of a token, which belongs to its query, lives an hour, and ends with the use of a newer one.
  func page(_ token: String, _ request: QueryRequest, now: Int64) throws(ServiceError) -> Answer {
    let parts = token.split(separator: "-").map(String.init)
    let invalid = ServiceError.timestream("ValidationException", "Invalid pagination token")
    guard parts.count == 3, parts[1] == request.digest, let offset = Int(parts[2]) else { throw invalid }
    let result = try state.withLock { state throws(ServiceError) -> QueryResult in
      guard var known = state.kept(parts[0]), known.result.digest == request.digest,
        offset == known.offset || offset == known.issued, now - known.result.createdAt < Self.tokenLifetime
      else { throw invalid }
      guard !known.isCancelled else {
        throw .timestream("ConflictException", "Unable to poll results for a cancelled query.")
      }
      known.uses = known.offset == offset ? known.uses + 1 : 1
      known.offset = offset
      guard known.uses <= Self.tokenUses else { throw invalid }
      known.issued = known.result.end(of: offset, request.maximumRows)
      if known.issued == known.result.rows.count { known.isFinished = true }
      state.paged[parts[0]] = known
      return known.result
    }
    return result.page(from: offset, maximumRows: request.maximumRows)
  }

  /// The first page again, where a client token was used before.
  func repeated(_ request: QueryRequest, now: Int64) throws(ServiceError) -> Answer? {
    guard let clientToken = request.clientToken else { return nil }
    let known = state.withLock { state in state.byClientToken[clientToken].flatMap { state.kept($0) } }
    guard let known, !known.isCancelled else { return nil }
    guard known.result.parameters == request.parameters, now - known.result.createdAt < Self.repeatLifetime else {
      throw .timestream(
        "ValidationException",
        "The client token was used before with other parameters, or more than five minutes ago.")
    }
    return known.result.firstPage(maximumRows: request.maximumRows)
  }

  // MARK: Keeping

  /// The first page of a new result, of which only what can be asked for again is kept.
  func keep(_ result: QueryResult, _ request: QueryRequest) -> Answer {
    let first = result.firstPage(maximumRows: request.maximumRows)
    let hasPages = result.hasPages(maximumRows: request.maximumRows)
    guard hasPages || request.clientToken != nil else { return first }
    let issued = request.maximumRows == nil ? result.end(of: 0, nil) : 0
    // What is dropped goes once the lock is open.
    let dropped = state.withLock { state in
      var dropped = state.dropExpired(now: result.createdAt)
      let kept = Kept(result: result, issued: issued)
      if hasPages { state.paged.add(kept) } else { state.repeats.add(kept) }
      if let token = request.clientToken { state.byClientToken[token] = result.id }
      while state.count > Self.resultLimit || state.repeats.bytes > Self.repeatBytes, let result = state.drop() {
        dropped.append(result)
      }
      return dropped
    }
    withExtendedLifetime(dropped) {}
    return first
  }

  // MARK: Cancelling

  /// Ends a query whose pages are not all fetched; a second time says so.
  ///
  /// - Returns: what the service says.
  /// - Throws: for a query that is over, or never was.
  func cancel(_ id: String) throws(ServiceError) -> JSON {
    try state.withLock { state throws(ServiceError) -> JSON in
      guard var known = state.paged[id], !known.isFinished else {
        throw .timestream("ValidationException", "The query \(id) is not running.")
      }
      guard !known.isCancelled else {
        return ["CancellationMessage": "A cancellation of this query was requested before."]
      }
      known.isCancelled = true
      state.paged[id] = known
      return [:]
    }
  }
}
