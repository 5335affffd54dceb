/// How much one request may ask for; more is an error that names the bound.
struct PrometheusLimits: Sendable, Hashable {
  /// Series of the identifiers' table that are looked through.
  var entries: Int = 10_000
  /// Series whose status names no measures, and whose newest row is asked for instead; those past it are left out with a warning.
  var unknown: Int = 100
  /// Series of a query: one for each measure.
  var series: Int = 100
  /// Series of an answer about labels.
  var matches: Int = 100_000
  /// Values that a query reads.
  var samples: Int = 500_000
  /// Values that a query works out, those between its operations included.
  var work: Int = 20_000_000
}
