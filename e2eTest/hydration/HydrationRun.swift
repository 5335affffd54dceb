import AWSClients
import CacheSupport
import CommandLineSupport
import HTTPTransport

/// The end-to-end run: from the identifiers' table to the rows in the API.
struct HydrationRun {
  private let endpoint: String
  private let table: String
  private let key: String
  private let queueFunction: String
  private let identifier: String
  /// The rows to wait for; nil takes any number that holds.
  private let expected: Int?
  private let client: AWSClient
  private let http: CurlClient
  private let clock: WallClock = .system

  struct Failure: Error, CustomStringConvertible { let description: String }

  /// How long to wait for rows. A stack that has never run needs its first fetch, and on AWS a cold start of three functions.
  static let limit: Duration = .seconds(60)
  /// How long the number of rows must hold.
  static let settling: Duration = .milliseconds(250)
  /// Answers in a row that are errors; the first few may come while the history has no columns yet.
  static let errorLimit: Int = 20

  init(environment: ProcessEnvironment, identifier: String, expected: Int?) throws {
    let endpoint = try environment.require("API_ENDPOINT", "the API's address with its stage, such as https://…/prod/")
    self.endpoint = endpoint.hasSuffix("/") ? endpoint : endpoint + "/"
    table = try environment.require("ID_TABLE", "the DynamoDB table of the identifiers")
    key = try environment.require("API_KEY", "the API's key")
    queueFunction = try environment.require("QUEUE_LAMBDA_NAME", "the name of the queue function")
    self.identifier = identifier
    self.expected = expected
    http = CurlClient(environment: environment)
    client = try AWSClient(environment: environment, http: http)
  }

  func run() async throws {
    let dynamoDB = DynamoDBClient(client)
    // What a person added to the item stays: it is registered only where it is not there yet.
    do throws(AWSError) {
      try await dynamoDB.putItem(
        ["identifier": .s(identifier)], into: table, condition: "attribute_not_exists(identifier)")
      Output.line("Registered '\(identifier)' in \(table)")
    } catch {
      guard error.code == "ConditionalCheckFailedException" else { throw error }
      Output.line("'\(identifier)' is registered in \(table)")
    }

    var isRepeat = false
    if case .rows(let count) = try await ask(), count > 0 { isRepeat = true }
    let clock = ContinuousClock()
    let start = clock.now
    let invocation = try await LambdaClient(client).invoke(queueFunction, type: .event)
    guard invocation.status == 202 else {
      throw Failure(description: "\(queueFunction) was not invoked: status \(invocation.status)")
    }
    Output.line("Invoked \(queueFunction)")

    let (rows, arrival) = try await waitForRows(since: start)
    let milliseconds = Int((arrival - start) / .milliseconds(1))
    Output.line("Rows found in API:  \(rows)")
    Output.line("Everything is hooked up!")
    Output.line(
      "From invoking the queue function to the rows in the API: \(milliseconds) ms"
        + (isRepeat ? " (those of an earlier run were there before)" : ""))
  }

  /// Waits until there are rows and their number holds: they are written in batches, and a poll may fall between two.
  ///
  /// - Returns: the rows of the newest 24 hours of history, and when all of them were first there.
  private func waitForRows(
    since start: ContinuousClock.Instant
  ) async throws -> (rows: Int, arrival: ContinuousClock.Instant) {
    var progress = Progress("Rows in the API", total: expected)
    var errors = 0
    var lastError = ""
    var pause: Duration = .milliseconds(5)
    var seen: (rows: Int, arrival: ContinuousClock.Instant)?
    while ContinuousClock.now - start < Self.limit {
      let answer = try await ask()
      switch answer {
      case .rows(let count) where count > 0:
        errors = 0
        progress.update(count)
        if let first = seen, first.rows == count {
          if ContinuousClock.now - first.arrival >= Self.settling, expected == nil || expected == count {
            progress.finish(count)
            return first
          }
        } else {
          seen = (count, .now)
          pause = .milliseconds(20)
        }
      case .rows:
        errors = 0
        progress.update(0)
      case .error(let text):
        errors += 1
        lastError = text
        guard errors <= Self.errorLimit else {
          throw Failure(description: "the API answers with errors, the last one \(text)")
        }
      }
      // There is no event to wait for across a network; the pause grows so that a slow stack is not flooded.
      try await Task.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
    if let expected, let seen {
      throw Failure(description: "\(seen.rows) rows after \(Self.limit), expected were \(expected)")
    }
    throw Failure(
      description:
        "no rows after \(Self.limit)\(lastError.isEmpty ? "" : ", the last error was \(lastError)"): look at the logs of the fetch function and at the dead-letter queue"
    )
  }

  private enum Answer {
    case rows(Int)
    case error(String)
  }

  private func ask() async throws -> Answer {
    let now = clock.now
    let day: Int64 = 86_400_000
    let url =
      "\(endpoint)timeSeries-data?startDate=\(now - 4 * day)&endDate=\(now + 4 * day)&identifier=\(PercentEncoding.encode(identifier))"
    let response: HTTPResponse
    do throws(HTTPError) {
      response = try await http.send(HTTPRequest(url: url, headers: ["x-security-token": key]))
    } catch { return .error(error.description) }
    let text = String(decoding: response.body.prefix(300), as: UTF8.self)
    guard response.status == 200 else {
      // A wrong key or address will not mend itself.
      if [401, 403, 404].contains(response.status) {
        throw Failure(description: "the API answered \(response.status): \(text)")
      }
      return .error("\(response.status): \(text)")
    }
    guard let rows = (try? JSON(parsing: response.body))?["historicalRows"]?.array else {
      throw Failure(description: "the API's answer has no historicalRows: \(text)")
    }
    // Older days may be there too, and a day of the five-minute grid is 288 rows however often it is fetched.
    let times = rows.compactMap { $0["time"]?.int64 }.sorted()
    guard times.count == rows.count, let newest = times.last else { return .rows(0) }
    // Rows of an earlier run prove nothing about this one: the newest must be as new as the series' own steps allow.
    let lastDay = times.filter { $0 > newest - day }
    let longestStep = zip(lastDay, lastDay.dropFirst()).map { $1 - $0 }.max() ?? day
    return .rows(newest > now - 2 * longestStep ? lastDay.count : 0)
  }
}
