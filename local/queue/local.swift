import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// One run of the queue function on this machine, against whatever cloud the environment names.
@main struct LocalQueue {
  static func main() async {
    await LocalRun.run(usage: Arguments.help([], usage)) { environment, http, words in
      _ = try Arguments(words, options: [], usage: usage).positional(atMost: 0)
      return (
        try QueueHandler(environment: environment, http: http, logger: LocalRun.logger(environment)), Array("{}".utf8)
      )
    }
  }

  private static let usage = """
    Usage: local-queue

    Puts every identifier of the table IDENTIFIER_TABLE on the queue IDENTIFIER_QUEUE.

    Example:
      IDENTIFIER_TABLE=series IDENTIFIER_QUEUE=https://sqs.eu-west-1.amazonaws.com/123456789012/series local-queue
    """
}
