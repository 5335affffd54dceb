import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// One run of the queue function on this machine, against whatever cloud the environment names.
@main struct LocalQueue {
  static func main() async {
    await LocalRun.run(
      usage: """
        Usage: local-queue

        Puts every identifier of the table IDENTIFIER_TABLE on the queue IDENTIFIER_QUEUE.
        """
    ) { environment, http, _ in
      (try QueueHandler(environment: environment, http: http, logger: LocalRun.logger(environment)), Array("{}".utf8))
    }
  }
}
