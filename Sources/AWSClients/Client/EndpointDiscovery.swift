import Basics
import Synchronization

/// Remembers, for as long as a service says, the endpoints that `DescribeEndpoints` named.
///
/// A refresh that fails keeps the old endpoint in use and is not tried again for a minute.
final class EndpointDiscovery: Sendable {
  private struct Entry {
    var url: String
    /// Epoch milliseconds.
    var refreshAfter: Int64
  }

  private let entries = Mutex<[AWSService: Entry]>([:])
  private let clock: WallClock

  init(clock: WallClock) { self.clock = clock }

  func endpoint(
    _ service: AWSService, describe: () async throws(AWSError) -> JSON
  ) async throws(AWSError) -> String {
    let known = entries.withLock { $0[service] }
    if let known, clock.now < known.refreshAfter { return known.url }
    do throws(AWSError) {
      let answer = try await describe()
      guard let first = answer["Endpoints"]?.array?.first, let address = first["Address"]?.string, !address.isEmpty else {
        throw AWSError(.unexpectedAnswer, "DescribeEndpoints named no endpoint", operation: "\(service.targetPrefix).DescribeEndpoints")
      }
      let minutes = max(1, first["CachePeriodInMinutes"]?.int64 ?? 1440)
      let url = address.hasPrefix("http") ? address : "https://" + address
      entries.withLock { $0[service] = Entry(url: url, refreshAfter: clock.now + minutes * 60_000) }
      return url
    } catch {
      guard let known else { throw error }
      entries.withLock { $0[service]?.refreshAfter = clock.now + 60_000 }
      return known.url
    }
  }

  func forget(_ service: AWSService) { entries.withLock { _ = $0.removeValue(forKey: service) } }
}
