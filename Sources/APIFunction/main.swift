import Glibc
import LambdaRuntime
import TimeSeriesCache

// From requests to the merged series: see `APIHandler`.
exit(
  // Answers of 5 MB.
  await LambdaRuntime.run(keepingFreed: 32 << 20) { environment, http, logger in
    try APIHandler(environment: environment, http: http, logger: logger)
  })
