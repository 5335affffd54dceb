import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// One request to the API function on this machine, against whatever cloud the environment names.
@main struct LocalAPI {
  private static let envelope = Arguments.Option("envelope", "print the whole answer of the function, headers too")

  private static let usage = """
    Usage: local-api [--envelope] IDENTIFIER [NAME=VALUE…]

    Reads the merged series, as GET /v1/series/IDENTIFIER?NAME=VALUE would: from, to, limit, cursor, measures, where, bin,
    aggregate, format, shape.
    Prints the body. An error goes to standard error, and the exit status is 1. Where there are more rows, the cursor
    of the next page goes to standard error.
    The function's own key is API_KEY; nobody else asks here, so the request takes it from there.

    Examples:
      API_KEY=any local-api greenwich
      API_KEY=any local-api greenwich from=now-6h bin=1h aggregate=min,max format=csv
      API_KEY=any local-api --envelope room,name=kitchen limit=10
    """

  static func main() async {
    await LocalRun.run(usage: Arguments.help([envelope], usage), report: report) { environment, http, words in
      let words = try arguments(words).positional
      guard let identifier = words.first else {
        throw LocalRun.Failure(description: "name an identifier: local-api greenwich")
      }
      let key = try environment.require("API_KEY", "the API's key, any text for a local run")
      let event: JSON = [
        "httpMethod": "GET", "path": "/v1/rows", "headers": ["x-api-key": .string(key)],
        "multiValueQueryStringParameters": .object(try query(["id=\(identifier)"] + words.dropFirst())),
      ]
      return (try APIHandler(environment: environment, http: http, logger: LocalRun.logger(environment)), event.bytes)
    }
  }

  private static func arguments(_ words: [String]) throws -> Arguments {
    try Arguments(words, options: [envelope], usage: usage)
  }

  /// Every value of each name: the function says where one is given twice.
  private static func query(_ words: [String]) throws -> JSONObject {
    var query = JSONObject()
    for word in words {
      let parts = Arguments.parts(of: word)
      guard parts.count == 2 else { throw LocalRun.Failure(description: "'\(word)' is not NAME=VALUE") }
      query[parts[0]] = .array((query[parts[0]]?.array ?? []) + [.string(parts[1])])
    }
    return query
  }

  private static func report(_ answer: [UInt8], _ words: [String]) throws -> LocalRun.Report {
    let json = try JSON(parsing: answer)
    let isFailure = json["statusCode"]?.int.map { $0 >= 400 } ?? true
    if try arguments(words).has(envelope.name) { return LocalRun.Report(output: answer, isFailure: isFailure) }
    let body = Array((json["body"]?.string ?? "").utf8)
    if isFailure { return LocalRun.Report(notes: body, isFailure: true) }
    let cursor = json["headers"]?["X-Next-Cursor"]?.string
    return LocalRun.Report(output: body, notes: cursor.map { Array("there are more rows: cursor=\($0)".utf8) } ?? [])
  }
}
