import AWSClients
import CacheSupport
import HTTPTransport

/// How a round of readings goes to the cache.
enum Delivery {
  /// As devices' messages, an array of them, to the write function itself.
  case function(LambdaClient, name: String)
  /// As line protocol, through the write API.
  case lineProtocol(any HTTPClient, url: String, key: String)

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// - Parameter time: of all of the readings, epoch milliseconds.
  /// - Throws: ``Failure`` or ``AWSError`` where the readings were not taken.
  func send(_ readings: [Devices.Reading], at time: Int64) async throws {
    switch self {
    case .function(let client, let name):
      let event = JSON.array(readings.map { Self.message($0, at: time) })
      let invocation = try await client.invoke(name, payload: event.bytes, timeout: .seconds(60))
      guard invocation.functionError == nil else {
        throw Failure(description: "\(name) failed: \(Self.words(invocation.payload))")
      }
    case .lineProtocol(let http, let url, let key):
      let lines = readings.map { Self.line($0, at: time) }.joined(separator: "\n")
      let request = HTTPRequest(
        method: "POST", url: url,
        headers: ["Authorization": "Token \(key)", "Content-Type": "text/plain; charset=utf-8"],
        body: Array(lines.utf8))
      let answer: HTTPResponse
      do throws(HTTPError) { answer = try await http.send(request) } catch {
        throw Failure(description: "\(url) does not answer: \(error)")
      }
      guard (200...299).contains(answer.status) else {
        throw Failure(description: "\(url) answers \(answer.status): \(Self.words(answer.body))")
      }
    }
  }

  private static func message(_ reading: Devices.Reading, at time: Int64) -> JSON {
    var object: JSONObject = [
      "device_id": .string(reading.device), "location": .string(reading.location),
      "timestamp": .string(UTCTime(epochMilliseconds: time).iso8601Text),
    ]
    for (name, value) in reading.measures { object[name] = .double(value) }
    return .object(object)
  }

  /// No name or value of a reading needs escaping.
  private static func line(_ reading: Devices.Reading, at time: Int64) -> String {
    let fields = reading.measures.map { "\($0.name)=\(JSONWriter.text(of: $0.value))" }.joined(separator: ",")
    return "sensors,device_id=\(reading.device),location=\(reading.location) \(fields) \(time)"
  }

  /// The beginning of an answer, for a person.
  private static func words(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(500), as: UTF8.self) }
}
