import CGlibcCompat
import Glibc
import LambdaRuntime
import TimeSeriesCache

// A source's pages have megabytes, and come and go.
_ = cglibc_return_blocks_of(1 << 20)
// From messages of identifiers to both stores: see `FetchHandler`.
exit(
  await LambdaRuntime.run { environment, http, logger in
    try FetchHandler(
      environment: FetchHandler.withOldNames(environment, warning: logger), http: http, logger: logger)
  })
