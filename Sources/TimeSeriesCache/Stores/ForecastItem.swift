import CacheSupport

extension JSONWriter {
  /// A sample as an item of the forecasts' table, in DynamoDB's JSON.
  mutating func forecastItem(_ sample: Sample, of identifier: Identifier, fetchedAt: Int64) {
    let expiry = UTCTime(epochMilliseconds: max(sample.time, fetchedAt)).epochSeconds + DynamoDBForecast.keptSeconds
    raw("{\"identifier\":{\"S\":")
    string(identifier.text)
    raw("},\"time\":{\"N\":\"")
    seconds(sample.time)
    raw("\"},\"expiry\":{\"N\":\"")
    integer(expiry)
    raw("\"},\"fetched\":{\"N\":\"")
    integer(fetchedAt)
    raw("\"},\"values\":{\"M\":{")
    for (index, measure) in sample.measures.enumerated() {
      if index > 0 { raw(",") }
      string(measure.name)
      raw(":")
      forecastValue(measure.value)
    }
    raw("}}}")
  }

  /// Doubles are numbers of up to 17 digits; those whose exponent DynamoDB cannot keep, and integers, carry their type.
  private mutating func forecastValue(_ value: MeasureValue) {
    switch value {
    case .double(let value):
      let magnitude = abs(value)
      let isKept = value == 0 || (magnitude > 1e-120 && magnitude < 1e120)
      raw(isKept ? "{\"N\":\"" : "{\"M\":{\"double\":{\"S\":\"")
      double(value)
      raw(isKept ? "\"}" : "\"}}}")
    case .bigint(let value):
      raw("{\"M\":{\"bigint\":{\"N\":\"")
      integer(value)
      raw("\"}}}")
    case .varchar(let value):
      raw("{\"S\":")
      string(value)
      raw("}")
    case .boolean(let value): raw(value ? "{\"BOOL\":true}" : "{\"BOOL\":false}")
    }
  }

  /// Epoch milliseconds as seconds, with a fraction where there is one.
  mutating func seconds(_ milliseconds: Int64) {
    let (whole, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
    if whole == 0, rest < 0 { raw("-") }
    integer(whole)
    guard rest != 0 else { return }
    let fraction = abs(rest)
    raw(fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".")
    integer(fraction)
  }
}
