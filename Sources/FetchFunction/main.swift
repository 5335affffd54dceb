import Glibc
import LambdaRuntime
import TimeSeriesCache

// From messages of identifiers to both stores: see `FetchHandler`.
exit(
  await LambdaRuntime.run { environment, http, _ in try FetchHandler(environment: environment, http: http) })
