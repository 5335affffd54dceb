/// A function over the samples of a range, such as `avg_over_time(temperature[1h])`.
///
/// See <https://prometheus.io/docs/prometheus/latest/querying/functions/>.
enum PromQLFunction: String, Sendable, Hashable, CaseIterable {
  case average = "avg_over_time"
  case minimum = "min_over_time"
  case maximum = "max_over_time"
  case sum = "sum_over_time"
  case count = "count_over_time"
  case last = "last_over_time"
  case deviation = "stddev_over_time"
  case quantile = "quantile_over_time"
  case rate = "rate"
  case increase = "increase"

  /// True where the answer is still the measure itself; the name of any other answer would be wrong.
  var keepsName: Bool { self == .last }
  /// True where a number precedes the range.
  var takesNumber: Bool { self == .quantile }
}

/// Arithmetic between two numbers, or a number and each value of a selector.
enum PromQLOperator: String, Sendable, Hashable, CaseIterable {
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divided = "/"
  case remainder = "%"
  case power = "^"

  /// Higher binds tighter; see <https://prometheus.io/docs/prometheus/latest/querying/operators/#binary-operator-precedence>.
  var precedence: Int {
    switch self {
    case .plus, .minus: 1
    case .times, .divided, .remainder: 2
    case .power: 3
    }
  }
}
