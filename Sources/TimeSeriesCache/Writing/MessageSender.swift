import AWSClients
import CacheSupport

/// Puts messages on a queue, and sends those again that SQS could not take at once.
struct MessageSender: Sendable {
  private let queue: SQSClient
  private let url: String
  private let sleep: @Sendable (Duration) async throws -> Void

  /// SendMessageBatch takes 10 messages.
  static let messagesPerRequest: Int = 10
  /// And 1 MiB of them.
  static let bytesPerRequest: Int = 1_048_576
  /// SendMessageBatch requests in flight.
  static let requestsInFlight: Int = 8
  /// How often a message is sent, the first time included.
  static let attempts: Int = 5

  /// - Parameter sleep: waits before messages are sent again.
  init(
    _ client: AWSClient, url: String,
    sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
  ) {
    queue = SQSClient(client)
    self.url = url
    self.sleep = sleep
  }

  /// Sends messages, each of at most ``bytesPerRequest`` bytes.
  ///
  /// - Throws: ``StoreError`` where one of them is not on the queue, or nobody knows; the others may be.
  func send(_ bodies: [String]) async throws(StoreError) {
    let deliveries = await mapConcurrently(Self.batches(bodies), limit: Self.requestsInFlight) { batch in
      await deliver(batch)
    }
    for delivery in deliveries {
      if let error = delivery.error { throw StoreError(error) }
      if delivery.refused > 0 { throw StoreError(.failed, "SQS refuses a message: \(delivery.reason)") }
      if delivery.left > 0 {
        throw StoreError(.unavailable, "SQS could not take \(delivery.left) messages: \(delivery.reason)")
      }
    }
  }

  private static func batches(_ bodies: [String]) -> [[String]] {
    var batches: [[String]] = []
    var bytes = 0
    for body in bodies {
      let isFull = batches.last.map { $0.count == messagesPerRequest } ?? true
      if isFull || bytes + body.utf8.count > bytesPerRequest {
        batches.append([])
        bytes = 0
      }
      batches[batches.count - 1].append(body)
      bytes += body.utf8.count
    }
    return batches
  }

  /// What became of the messages of one request.
  struct Delivery: Sendable {
    /// The places of those that are on the queue.
    var sent: [Int] = []
    /// How many SQS will never take, and how many it could not take, or nobody knows.
    var refused = 0
    var left = 0
    /// Why the last of them are not on the queue.
    var reason = ""
    /// Where a whole request failed.
    var error: AWSError?
    var requests = 0
    /// Messages that were sent again.
    var resent = 0
  }

  /// Sends one batch, of at most ``messagesPerRequest`` messages and ``bytesPerRequest`` bytes, until SQS has taken every message, or
  /// will not. Those that it will never take do not hold up the others.
  ///
  /// - Parameter isLate: true once nothing is to be sent again.
  func deliver(_ batch: [String], isLate: @Sendable () -> Bool = { false }) async -> Delivery {
    var delivery = Delivery()
    var left = batch.enumerated().map { SQSClient.Entry(id: String($0.offset), body: $0.element) }
    for attempt in 1...Self.attempts {
      do throws(AWSError) {
        delivery.requests += 1
        if attempt > 1 { delivery.resent += left.count }
        let failures = try await queue.sendMessageBatch(left, to: url)
        let failed = Dictionary(failures.map { (ByteText($0.id), $0) }) { first, _ in first }
        delivery.sent += left.filter { failed[ByteText($0.id)] == nil }.compactMap { Int($0.id) }
        delivery.refused += left.count { failed[ByteText($0.id)]?.isSenderFault ?? false }
        left.removeAll { failed[ByteText($0.id)]?.isSenderFault ?? true }
        if let first = failures.first {
          delivery.reason = first.message.isEmpty ? first.code : "\(first.code): \(first.message)"
        }
      } catch {
        delivery.error = error
        delivery.reason = error.description
        break
      }
      guard !left.isEmpty, attempt < Self.attempts else { break }
      guard !isLate() else {
        delivery.reason += "; the deadline is near"
        break
      }
      // 50 ms before the second attempt, twice as much before each that follows, less up to half of it.
      let pause = Double(50 << (attempt - 1)) * Double.random(in: 0.5...1)
      do { try await sleep(.milliseconds(Int(pause))) } catch {
        delivery.reason += "; cancelled before another attempt"
        break
      }
    }
    delivery.left = left.count
    return delivery
  }
}
