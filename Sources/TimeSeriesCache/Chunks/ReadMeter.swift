import AWSClients
import Synchronization

/// Counts what questions to DynamoDB cost.
///
/// DynamoDB bills read units: one for 8 KB that are read without consistency, each question's items rounded up to 4 KB, or for 4 KB with it.
/// They are told in bytes, of which a unit is 8,192: what a question read, rounded as DynamoDB rounds it, and twice that where it was
/// read consistently. So the price is that of a read unit for every 8,192 bytes.
final class ReadMeter: Sendable {
  /// Bytes that one read unit stands for.
  static let bytesPerUnit: Double = 8192

  private let units: Mutex<Double> = Mutex(0)

  /// A client whose calls are counted; whoever listened to it still does.
  func client(_ client: DynamoDBClient) -> DynamoDBClient {
    var metered = client
    let others = client.onCapacity
    metered.onCapacity = { [self] consumed in
      units.withLock { $0 += consumed.readUnits }
      others?(consumed)
    }
    return metered
  }

  /// What was billed, in bytes.
  var bytes: Int64 {
    let bytes = units.withLock { $0 } * Self.bytesPerUnit
    return Int64(exactly: bytes.rounded()) ?? .max
  }
}
