import Glibc
import LambdaRuntime
import TimeSeriesCache

// From requests to the merged series: see `APIHandler`.
exit(
  await LambdaRuntime.run { environment, http, logger in
    try APIHandler(environment: environment, http: http, logger: logger)
  })
