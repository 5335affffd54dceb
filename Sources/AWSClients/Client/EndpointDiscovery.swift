import CacheSupport

/// Remembers, for as long as a service says, the endpoints that `DescribeEndpoints` named.
///
/// However many requests ask, one discovery a service is in flight. A refresh that fails keeps the old endpoint in use and
/// is not tried again for a minute.
actor EndpointDiscovery {
  private struct Entry {
    var url: String
    /// Epoch milliseconds.
    var refreshAfter: Int64
  }

  private var entries: [AWSService: Entry] = [:]
  private var discoveries: [AWSService: Task<Result<Entry, AWSError>, Never>] = [:]
  private let clock: WallClock

  init(clock: WallClock) { self.clock = clock }

  func endpoint(
    _ service: AWSService, describe: @escaping @Sendable () async throws(AWSError) -> JSON
  ) async throws(AWSError) -> String {
    let known = entries[service]
    if let known, clock.now < known.refreshAfter { return known.url }
    switch await discover(service, describe) {
    case .success(let entry):
      entries[service] = entry
      return entry.url
    case .failure(let error):
      guard let known else { throw error }
      entries[service]?.refreshAfter = clock.now + 60_000
      return known.url
    }
  }

  private func discover(
    _ service: AWSService, _ describe: @escaping @Sendable () async throws(AWSError) -> JSON
  ) async -> Result<Entry, AWSError> {
    if let running = discoveries[service] { return await running.value }
    let clock = clock
    let task = Task<Result<Entry, AWSError>, Never> {
      do throws(AWSError) {
        let answer = try await describe()
        guard let first = answer["Endpoints"]?.array?.first, let address = first["Address"]?.string, !address.isEmpty
        else {
          throw AWSError(
            .unexpectedAnswer, "DescribeEndpoints named no endpoint",
            operation: "\(service.targetPrefix).DescribeEndpoints")
        }
        let minutes = min(max(1, first["CachePeriodInMinutes"]?.int64 ?? 1440), 525_600)
        let url = address.hasPrefix("http") ? address : "https://" + address
        return .success(Entry(url: url, refreshAfter: clock.now + minutes * 60_000))
      } catch { return .failure(error) }
    }
    discoveries[service] = task
    let result = await task.value
    discoveries[service] = nil
    return result
  }

  func forget(_ service: AWSService) { entries[service] = nil }
}
