import CacheSupport
import HTTPTransport
import Synchronization

/// Remembers, for as long as a service says, the endpoints that `DescribeEndpoints` named.
///
/// However many requests ask, one discovery per service is in flight. It starts in the last tenth of the time, in the
/// background. While it fails for causes that may pass, the old endpoint stays in use for up to a day, and a minute passes
/// between two tries.
///
/// See <https://docs.aws.amazon.com/timestream/latest/developerguide/Using.API.html>.
final class EndpointDiscovery: Sendable {
  private typealias Held = ExpiringValue<String, AWSError>

  private let held = Mutex<[AWSService: Held]>([:])
  private let clock: WallClock
  private let endpoints: Endpoints
  private let random: @Sendable () -> Double

  // Where no endpoint is known, the retries of whoever asks pause already.
  private static let timing: Held.Timing = .init(
    ahead: 3_600_000, part: 10, grace: 24 * 3_600_000, pause: 60_000, pauseWithout: 0)

  /// - Parameter endpoints: judges what a service names.
  init(clock: WallClock, endpoints: Endpoints, random: @escaping @Sendable () -> Double = { .random(in: 0...1) }) {
    self.clock = clock
    self.endpoints = endpoints
    self.random = random
  }

  /// The service's endpoint, such as `https://ingest-cell1.timestream.us-east-1.amazonaws.com`.
  ///
  /// - Parameter describe: calls `DescribeEndpoints`; what it throws is thrown where no endpoint is known.
  func endpoint(
    _ service: AWSService, describe: @escaping @Sendable () async throws(AWSError) -> JSON
  ) async throws(AWSError) -> String {
    let held = held.withLock { all in
      if let known = all[service] { return known }
      let new = Held(clock: clock, timing: Self.timing, random: random)
      all[service] = new
      return new
    }
    return try await held.value { [clock, endpoints] () async throws(AWSError) in
      let answer = try await describe()
      guard let first = answer["Endpoints"]?.array?.first, let address = first["Address"]?.string, !address.isEmpty
      else {
        throw AWSError(
          .unexpectedAnswer, "DescribeEndpoints named no endpoint",
          operation: "\(service.targetPrefix).DescribeEndpoints")
      }
      let minutes = min(max(1, first["CachePeriodInMinutes"]?.int64 ?? 1440), 525_600)
      let url = address.hasPrefix("http://") || address.hasPrefix("https://") ? address : "https://" + address
      try endpoints.check(discovered: url, of: service)
      return Held.Fresh(url, end: clock.now + minutes * 60_000)
    }
  }

  /// Drops a service's endpoint, which no longer serves; one that was found since stays.
  func forget(_ refused: String, of service: AWSService) {
    held.withLock { $0[service] }?.forget { $0.hasSameBytes(as: refused) }
  }
}

extension AWSError: RenewalError {
  /// A refusal and a name that does not exist stay what they are; credentials come again, and so does an answer.
  package var mayPass: Bool {
    isRetryable || code == .credentials || code == .unexpectedAnswer
      || ["ExpiredTokenException", "ExpiredToken", "RequestExpired"].contains(code.rawValue)
  }

  package static let waitCancelled: AWSError = AWSError(
    .transport, "cancelled while waiting for what another request asks", operation: "wait", transport: .cancelled)
}
