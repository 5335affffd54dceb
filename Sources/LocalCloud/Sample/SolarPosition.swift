import Foundation

/// Where the sun stands, by the equations of NOAA's solar calculator.
///
/// See <https://gml.noaa.gov/grad/solcalc/solareqns.PDF> and the calculation details beside it (after Meeus, Astronomical
/// Algorithms). Good to about a hundredth of a degree between 1950 and 2050.
struct SolarPosition {
  /// Degrees above the horizon, without refraction.
  var elevation: Double

  /// - Parameters:
  ///   - time: epoch milliseconds.
  ///   - latitude: degrees north.
  ///   - longitude: degrees east.
  init(time: Int64, latitude: Double, longitude: Double) {
    func radians(_ degrees: Double) -> Double { degrees * .pi / 180 }
    func degrees(_ radians: Double) -> Double { radians * 180 / .pi }
    let days = Double(time) / 86_400_000
    // Julian centuries since 2000-01-01T12:00Z.
    let century = (days - 10_957.5) / 36_525
    let meanLongitude = (280.46646 + century * (36_000.76983 + century * 0.0003032)).truncatingRemainder(
      dividingBy: 360)
    let meanAnomaly = 357.52911 + century * (35_999.05029 - 0.0001537 * century)
    let eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    let center =
      sin(radians(meanAnomaly)) * (1.914602 - century * (0.004817 + 0.000014 * century))
      + sin(radians(2 * meanAnomaly)) * (0.019993 - 0.000101 * century) + sin(radians(3 * meanAnomaly)) * 0.000289
    let node = radians(125.04 - 1934.136 * century)
    let apparentLongitude = radians(meanLongitude + center - 0.00569 - 0.00478 * sin(node))
    let meanObliquity = 23 + (26 + (21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))) / 60) / 60
    let obliquity = radians(meanObliquity + 0.00256 * cos(node))
    let declination = asin(sin(obliquity) * sin(apparentLongitude))
    let y = tan(obliquity / 2) * tan(obliquity / 2)
    let (longitudeRadians, anomaly) = (radians(meanLongitude), radians(meanAnomaly))
    // The equation of time, in minutes.
    let equation =
      4
      * degrees(
        y * sin(2 * longitudeRadians) - 2 * eccentricity * sin(anomaly)
          + 4 * eccentricity * y * sin(anomaly) * cos(2 * longitudeRadians)
          - 0.5 * y * y * sin(4 * longitudeRadians) - 1.25 * eccentricity * eccentricity * sin(2 * anomaly))
    let minutes = (days - days.rounded(.down)) * 1440
    let solarTime = minutes + equation + 4 * longitude
    let hourAngle = radians(solarTime / 4 - 180)
    let latitude = radians(latitude)
    let sine = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hourAngle)
    elevation = degrees(asin(min(1, max(-1, sine))))
  }

  /// Global irradiance on flat ground under a clear sky, in watts per square metre, after Haurwitz (1945).
  var clearSkyIrradiance: Double {
    let cosine = sin(elevation * .pi / 180)
    return cosine > 0 ? 1098 * cosine * exp(-0.059 / cosine) : 0
  }
}
