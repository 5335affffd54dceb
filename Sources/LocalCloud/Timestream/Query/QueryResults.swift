import CacheSupport
import Synchronization

/// The results that clients may still ask for: further pages, or the same answer by the same client token.
final class QueryResults: Sendable {
  private struct Kept {
    var result: QueryResult
    /// True where its first answer had a token for more.
    var hasPages: Bool
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
  private let kept = Mutex<[String: Kept]>([:])

  /// How long a result can be paged through, milliseconds.
  static let tokenLifetime: Int64 = 3_600_000
  /// How often the token of one page can be used.
  static let tokenUses: Int = 5
  /// Results that are kept, and their bytes together.
  static let resultLimit: Int = 1000
  static let keptBytes: Int = 256 << 20
  /// Of them, what is there for a repeated client token alone: for five minutes, and small.
  static let repeatLifetime: Int64 = 5 * 60_000
  static let repeatBytes: Int = 16 << 20

  static func token(_ id: String, _ digest: String, _ offset: Int) -> String { "\(id)-\(digest)-\(offset)" }

  /// The bytes of all results that are kept.
  var bytes: Int { kept.withLock { $0.values.reduce(0) { $0 + $1.result.bytes } } }

  // MARK: Pages

  /// The page of a token, which belongs to its query, lives an hour, and ends with the use of a newer one.
  func page(_ token: String, _ request: QueryRequest, now: Int64) throws(ServiceError) -> JSON {
    let parts = token.split(separator: "-").map(String.init)
    let invalid = ServiceError.timestream("ValidationException", "Invalid pagination token")
    guard parts.count == 3, parts[1] == request.digest, let offset = Int(parts[2]) else { throw invalid }
    let result = try kept.withLock { kept throws(ServiceError) -> QueryResult in
      guard var known = kept[parts[0]], known.result.digest == request.digest,
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
      kept[parts[0]] = known
      return known.result
    }
    return result.page(from: offset, maximumRows: request.maximumRows)
  }

  /// The first page again, where a client token was used before.
  func repeated(_ request: QueryRequest, now: Int64) throws(ServiceError) -> JSON? {
    guard let clientToken = request.clientToken else { return nil }
    let known = kept.withLock { $0.values.first { $0.result.clientToken == clientToken && !$0.isCancelled }?.result }
    guard let known else { return nil }
    guard known.parameters == request.parameters, now - known.createdAt < Self.repeatLifetime else {
      throw .timestream(
        "ValidationException",
        "The client token was used before with other parameters, or more than five minutes ago.")
    }
    return known.firstPage(maximumRows: request.maximumRows)
  }

  // MARK: Keeping

  /// The first page of a new result, of which only what can be asked for again is kept.
  func keep(_ result: QueryResult, _ request: QueryRequest) -> JSON {
    let first = result.firstPage(maximumRows: request.maximumRows)
    let hasPages = first["NextToken"] != nil
    guard hasPages || request.clientToken != nil else { return first }
    let now = result.createdAt
    kept.withLock { kept in
      kept = kept.filter {
        now - $0.value.result.createdAt < ($0.value.hasPages ? Self.tokenLifetime : Self.repeatLifetime)
      }
      let repeats = kept.values.reduce(0) { $0 + ($1.hasPages ? 0 : $1.result.bytes) }
      if repeats > Self.repeatBytes { kept = kept.filter(\.value.hasPages) }
      var bytes = result.bytes + kept.values.reduce(0) { $0 + $1.result.bytes }
      // The oldest go first, and those without further pages before any that has some.
      let oldest = kept.values.sorted {
        ($0.hasPages ? 1 : 0, $0.result.createdAt) < ($1.hasPages ? 1 : 0, $1.result.createdAt)
      }
      for known in oldest where bytes > Self.keptBytes || kept.count >= Self.resultLimit {
        kept.removeValue(forKey: known.result.id)
        bytes -= known.result.bytes
      }
      let issued = request.maximumRows == nil ? result.end(of: 0, nil) : 0
      kept[result.id] = Kept(result: result, hasPages: hasPages, issued: issued)
    }
    return first
  }

  // MARK: Cancelling

  /// Ends a query whose pages are not all fetched; a second time says so.
  ///
  /// - Throws: for a query that is over, or never was.
  func cancel(_ id: String) throws(ServiceError) -> JSON {
    try kept.withLock { kept throws(ServiceError) -> JSON in
      guard var known = kept[id], known.hasPages, !known.isFinished else {
        throw .timestream("ValidationException", "The query \(id) is not running.")
      }
      guard !known.isCancelled else {
        return ["CancellationMessage": "A cancellation of this query was requested before."]
      }
      known.isCancelled = true
      kept[id] = known
      return [:]
    }
  }
}
