import Glibc
import LambdaRuntime
import TimeSeriesCache

// From messages of identifiers to both stores: see `FetchHandler`.
exit(
  await LambdaRuntime.run { environment, http, logger in
    try FetchHandler(
      environment: FetchHandler.withOldNames(environment, warning: logger), http: http, logger: logger)
  })
