import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// One message for the fetch function on this machine, against whatever cloud the environment names.
@main struct LocalFetch {
  static func main() async {
    await LocalRun.run(
      usage: """
        Usage: local-fetch IDENTIFIER…

        Fetches each identifier from its source and writes it to TS_DB_NAME, TS_TABLE_NAME and FUTURE_TABLE.
        The answer's batchItemFailures is empty where all went well.
        """
    ) { environment, http, words in
      guard !words.isEmpty else { throw LocalRun.Failure(description: "name an identifier: local-fetch greenwich") }
      let body: JSON = ["identifiers": .array(words.map { .string($0) })]
      let event: JSON = [
        "Records": [["messageId": "local", "eventSource": "aws:sqs", "body": .string(body.text)]]
      ]
      return (try FetchHandler(environment: environment, http: http, logger: LocalRun.logger(environment)), event.bytes)
    }
  }
}
