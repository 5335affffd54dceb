import Glibc
import LambdaRuntime
import TimeSeriesCache

// From lines and devices' readings to both stores: see `WriteHandler`.
exit(
  await LambdaRuntime.run { environment, http, logger in
    try WriteHandler(environment: environment, http: http, logger: logger)
  })
