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
    let outcomes = await mapConcurrently(Self.batches(bodies), limit: Self.requestsInFlight) { batch in
      await result { () async throws(StoreError) in try await send(batch: batch) }
    }
    for outcome in outcomes { try outcome.get() }
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

  private func send(batch: [String]) async throws(StoreError) {
    var left = batch.enumerated().map { SQSClient.Entry(id: String($0.offset), body: $0.element) }
    var last: SQSClient.Failure?
    for attempt in 1...Self.attempts {
      let failures = try await StoreError.translating { () async throws(AWSError) in
        try await queue.sendMessageBatch(left, to: url)
      }
      if let refused = failures.first(where: \.isSenderFault) {
        throw StoreError(.failed, "SQS refuses a message: \(refused.code): \(refused.message)", code: refused.code)
      }
      let failed = Set(failures.map { ByteText($0.id) })
      left.removeAll { !failed.contains(ByteText($0.id)) }
      last = failures.first
      guard !left.isEmpty, attempt < Self.attempts else { break }
      // 50 ms before the second attempt, twice as much before each that follows, less up to half of it.
      let pause = Double(50 << (attempt - 1)) * Double.random(in: 0.5...1)
      do { try await sleep(.milliseconds(Int(pause))) } catch { break }
    }
    guard let last, !left.isEmpty else { return }
    throw StoreError(
      .unavailable, "SQS could not take \(left.count) messages: \(last.code): \(last.message)", code: last.code)
  }
}
