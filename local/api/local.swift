import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// One request to the API function on this machine, against whatever cloud the environment names.
@main struct LocalAPI {
  static func main() async {
    await LocalRun.run(
      usage: """
        Usage: local-api IDENTIFIER [NAME=VALUE…]

        Reads the merged series, as GET /v1/series/IDENTIFIER?NAME=VALUE would: from, to, limit, cursor, measures, format.
        The function's own key is API_KEY; nobody else asks here, so it is taken from there.
        """
    ) { environment, http, words in
      guard let identifier = words.first else {
        throw LocalRun.Failure(description: "name an identifier: local-api greenwich")
      }
      var query: JSONObject = [:]
      for word in words.dropFirst() {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw LocalRun.Failure(description: "'\(word)' is not NAME=VALUE") }
        query[parts[0]] = .string(parts[1])
      }
      let key = try environment.require("API_KEY", "the API's key, any text for a local run")
      let event: JSON = [
        "httpMethod": "GET", "path": .string("/v1/series/" + PercentEncoding.encode(identifier)),
        "headers": ["x-api-key": .string(key)], "queryStringParameters": .object(query),
      ]
      return (try APIHandler(environment: environment, http: http, logger: LocalRun.logger(environment)), event.bytes)
    }
  }
}
