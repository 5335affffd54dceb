import Glibc
import LambdaRuntime
import TimeSeriesCache

// From registered identifiers to the queue: see `QueueHandler`.
exit(
  await LambdaRuntime.run { environment, http, logger in
    try QueueHandler(environment: environment, http: http, logger: logger)
  })
