import AWSClients
import CacheSupport
import Synchronization

/// A parameter's value, read at most once in five minutes; those who ask meanwhile wait for the same read.
public actor CachedParameter {
  private let read: @Sendable () async throws(AWSError) -> String
  private let clock: WallClock
  private var value: (text: String, readAt: Int64)?
  private var reading: Task<Result<String, AWSError>, Never>?

  /// Milliseconds for which a value is taken as it is.
  public static let lifetime: Int64 = 5 * 60_000

  init(clock: WallClock, read: @escaping @Sendable () async throws(AWSError) -> String) {
    self.clock = clock
    self.read = read
  }

  /// A value that never changes.
  init(fixed text: String) {
    self.init(clock: .fixed(0)) { () async throws(AWSError) in text }
  }

  func value() async throws(AWSError) -> String {
    if let value, clock.now - value.readAt < Self.lifetime { return value.text }
    if let reading { return try await reading.value.get() }
    let read = read
    let task = Task<Result<String, AWSError>, Never> {
      do throws(AWSError) { return .success(try await read()) } catch { return .failure(error) }
    }
    reading = task
    let result = await task.value
    reading = nil
    let text = try result.get()
    value = (text, clock.now)
    return text
  }
}

/// The cached parameters of a process, by name.
final class CachedParameters: Sendable {
  private let parameters = Mutex<[String: CachedParameter]>([:])
  private let ssm: SSMClient
  private let clock: WallClock

  init(ssm: SSMClient, clock: WallClock) {
    self.ssm = ssm
    self.clock = clock
  }

  subscript(name: String) -> CachedParameter {
    parameters.withLock { parameters in
      if let known = parameters[name] { return known }
      let new = CachedParameter(clock: clock) { [ssm] () async throws(AWSError) in try await ssm.parameter(name) }
      parameters[name] = new
      return new
    }
  }
}
