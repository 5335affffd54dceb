/// Means and squares of differences from them, kept by Welford's method.
struct Moments: Sendable {
  var count = 0.0
  var mean = 0.0
  var squares = 0.0
  var cubes = 0.0
  var fourths = 0.0

  func variance(sample: Bool) -> Double? {
    let divisor = sample ? count - 1 : count
    return divisor > 0 ? (squares < 0 ? 0 : squares) / divisor : nil
  }

  /// NaN where all values are equal.
  var skewness: Double? {
    guard count >= 3 else { return nil }
    return count.squareRoot() * cubes / (squares * squares.squareRoot())
  }

  /// Excess kurtosis of a sample; NaN where all values are equal.
  var kurtosis: Double? {
    guard count >= 4 else { return nil }
    let n = count
    let divisor = (n - 2) * (n - 3)
    let factor = (n - 1) * n * (n + 1) / divisor
    let correction = 3 * (n - 1) * (n - 1) / divisor
    return factor * fourths / (squares * squares) - correction
  }

  mutating func add(_ value: Double) {
    count += 1
    let delta = value - mean
    let step = delta / count
    let term = delta * step * (count - 1)
    mean += step
    fourths += term * step * step * (count * count - 3 * count + 3) + 6 * step * step * squares - 4 * step * cubes
    cubes += term * step * (count - 2) - 3 * step * squares
    squares += term
  }

  /// Takes those of other values.
  ///
  /// See Pébay, "Formulas for Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order Statistical Moments".
  mutating func append(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else { return self = other }
    let (a, b) = (count, other.count)
    let n = a + b
    let delta = other.mean - mean
    let share = delta / n
    let product = a * b * delta * share
    fourths +=
      other.fourths + product * share * share * (a * a - a * b + b * b)
      + 6 * share * share * (a * a * other.squares + b * b * squares) + 4 * share * (a * other.cubes - b * cubes)
    cubes += other.cubes + product * share * (a - b) + 3 * share * (a * other.squares - b * squares)
    squares += other.squares + product
    mean += b * share
    count = n
  }
}

/// What two columns of numbers have together: the first argument is y, the second x.
struct Pairs: Sendable {
  var count = 0.0
  var meanX = 0.0
  var meanY = 0.0
  var squaresX = 0.0
  var squaresY = 0.0
  var product = 0.0

  /// NaN where a side does not change.
  var correlation: Double {
    let squares = squaresX * squaresY
    // One root after the other where the product is too large for a double, or too small.
    guard squares.isNormal else { return product / squaresX.squareRoot() / squaresY.squareRoot() }
    return product / squares.squareRoot()
  }
  var slope: Double { product / squaresX }
  var intercept: Double { meanY - slope * meanX }

  mutating func add(_ y: Double, _ x: Double) {
    count += 1
    let deltaX = x - meanX
    let deltaY = y - meanY
    meanX += deltaX / count
    meanY += deltaY / count
    squaresX += deltaX * (x - meanX)
    squaresY += deltaY * (y - meanY)
    product += deltaX * (y - meanY)
  }

  /// Takes those of other rows.
  mutating func append(_ other: Pairs) {
    guard other.count > 0 else { return }
    guard count > 0 else { return self = other }
    let n = count + other.count
    let (deltaX, deltaY) = (other.meanX - meanX, other.meanY - meanY)
    let weight = count * other.count / n
    squaresX += other.squaresX + deltaX * deltaX * weight
    squaresY += other.squaresY + deltaY * deltaY * weight
    product += other.product + deltaX * deltaY * weight
    meanX += deltaX * other.count / n
    meanY += deltaY * other.count / n
    count = n
  }
}
