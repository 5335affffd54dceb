/// Whole numbers as they are in a chunk: a base, and bytes in planes.
///
/// A plane has one byte of each number: the lowest of all, then the second of all. What is high is mostly zero and packs to nothing.
enum ChunkIntegers {
  /// What of the numbers is written.
  enum Order: UInt8 {
    /// How much each is above the least.
    case none
    /// How each differs from the one before.
    case delta
    /// How each such difference differs from the one before.
    case deltaOfDelta
  }

  /// Writes numbers; how many there are, the reader knows.
  ///
  /// - Parameter most: the highest order that is chosen.
  static func write(
    _ values: [Int64], upTo most: Order = .deltaOfDelta, to meta: inout ChunkWriter, _ data: inout [UInt8]
  ) {
    guard let first = values.first else { return }
    var least = first
    for value in values where value < least { least = value }
    // Bits that each order takes: an estimate of what is left after deflate that is good enough to choose by.
    var bits = (none: 0, delta: 0, deltaOfDelta: 0)
    var all = (none: UInt64(0), delta: UInt64(0), deltaOfDelta: UInt64(0))
    var (before, change) = (first, Int64(0))
    for (index, value) in values.enumerated() {
      let above = UInt64(bitPattern: value &- least)
      let delta = value &- before
      (all.none, bits.none) = (all.none | above, bits.none + 64 - above.leadingZeroBitCount)
      if index > 0 {
        (all.delta, bits.delta) = (all.delta | delta.zigzag, bits.delta + 64 - delta.zigzag.leadingZeroBitCount)
      }
      if index > 1 {
        let second = (delta &- change).zigzag
        (all.deltaOfDelta, bits.deltaOfDelta) = (
          all.deltaOfDelta | second, bits.deltaOfDelta + 64 - second.leadingZeroBitCount
        )
      }
      (before, change) = (value, delta)
    }
    var (order, used, cost) = (Order.none, all.none, bits.none)
    // A base and a first difference have a byte or more each.
    if most != .none, values.count > 1, bits.delta < cost { (order, used, cost) = (.delta, all.delta, bits.delta) }
    if most == .deltaOfDelta, values.count > 2, bits.deltaOfDelta + 8 < cost {
      (order, used) = (.deltaOfDelta, all.deltaOfDelta)
    }
    let width = (64 - used.leadingZeroBitCount + 7) / 8
    meta.bytes.append(order.rawValue | UInt8(width) << 2)
    meta.signed(order == .none ? least : first)
    switch order {
    case .none:
      planes(width, values.count, to: &data) { UInt64(bitPattern: values[$0] &- least) }
    case .delta:
      planes(width, values.count - 1, to: &data) { (values[$0 + 1] &- values[$0]).zigzag }
    case .deltaOfDelta:
      meta.signed(values[1] &- values[0])
      planes(width, values.count - 2, to: &data) {
        ((values[$0 + 2] &- values[$0 + 1]) &- (values[$0 + 1] &- values[$0])).zigzag
      }
    }
  }

  /// Reads as many numbers as there are.
  static func read(
    _ count: Int, from meta: inout ChunkReader, _ data: inout ChunkReader
  ) throws(ChunkError) -> [Int64] {
    guard count > 0 else { return [] }
    let method = try meta.byte()
    guard let order = Order(rawValue: method & 3), method >> 2 <= 8, count > Int(order.rawValue) else {
      throw ChunkError("\(method) is no encoding of \(count) whole numbers")
    }
    let width = Int(method >> 2)
    let base = try meta.signed()
    switch order {
    case .none:
      var values = try planes(width, count, from: &data)
      if base != 0 { for index in values.indices { values[index] &+= base } }
      return values
    case .delta:
      var values = try planes(width, count, skipping: 1, from: &data)
      var value = base
      values[0] = value
      for index in 1..<max(1, count) {
        value &+= Int64(zigzag: UInt64(bitPattern: values[index]))
        values[index] = value
      }
      return values
    case .deltaOfDelta:
      var change = try meta.signed()
      var values = try planes(width, count, skipping: 2, from: &data)
      var value = base &+ change
      values[0] = base
      values[1] = value
      for index in 2..<max(2, count) {
        change &+= Int64(zigzag: UInt64(bitPattern: values[index]))
        value &+= change
        values[index] = value
      }
      return values
    }
  }

  /// Writes the lower bytes of numbers, plane by plane.
  @inline(__always)
  static func planes(_ width: Int, _ count: Int, to data: inout [UInt8], _ number: (Int) -> UInt64) {
    data.reserveCapacity(data.count + width * count)
    for plane in 0..<width {
      for index in 0..<count { data.append(UInt8(truncatingIfNeeded: number(index) &>> UInt64(8 * plane))) }
    }
  }

  /// Reads numbers of some bytes; those that are skipped come first, and are zero.
  static func planes(
    _ width: Int, _ count: Int, skipping: Int = 0, from data: inout ChunkReader
  ) throws(ChunkError) -> [Int64] {
    var values = [Int64](repeating: 0, count: count)
    for shift in stride(from: Int64(0), to: Int64(8 * width), by: 8) {
      let range = try data.range(count - skipping)
      let plane = data.bytes.span.extracting(range)
      for index in plane.indices { values[skipping + index] |= Int64(plane[index]) &<< shift }
    }
    return values
  }
}
