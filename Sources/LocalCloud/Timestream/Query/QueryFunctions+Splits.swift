import Foundation

/// Functions that take texts apart, and small ones of numbers.
extension QueryFunctions {
  static let splits: [Function] = [
    // The place of the n-th occurrence, from the front (1) or the end (-1); occurrences may overlap.
    strict("strpos", 4, canFail: true) { arguments throws(QueryFault) in
      let (text, sought) = (Array((arguments[0].text ?? "").utf8), Array((arguments[1].text ?? "").utf8))
      guard let instance = arguments[2].integer, instance > 0 else {
        throw QueryFault(message: "'instance' must be a positive number.")
      }
      guard !sought.isEmpty else { return .integer(1) }
      let search = ByteSearch(sought)
      var places: [Int] = []
      var start = 0
      let isForward = arguments[3] == .integer(1)
      while let found = search.first(in: text, from: start), !isForward || places.count < instance {
        places.append(found)
        start = found + 1
      }
      guard instance <= places.count else { return .integer(0) }
      let place = places[isForward ? Int(instance) - 1 : places.count - Int(instance)]
      // In code points: bytes that continue one do not count.
      return .integer(Int64(text[..<place].count { $0 & 0xC0 != 0x80 }) + 1)
    },
    strict("hamming", 2, canFail: true) { arguments throws(QueryFault) in
      let one = Array((arguments[0].text ?? "").unicodeScalars)
      let other = Array((arguments[1].text ?? "").unicodeScalars)
      guard one.count == other.count else {
        throw QueryFault(message: "The input strings to hamming_distance function must have the same length")
      }
      return .integer(Int64(zip(one, other).count { $0 != $1 }))
    },
    strict("split", 3, canFail: true) { arguments throws(QueryFault) in
      let (text, delimiter) = (arguments[0].text ?? "", arguments[1].text ?? "")
      let limit = arguments[2].integer ?? 0
      guard !delimiter.isEmpty else { throw QueryFault(message: "The delimiter may not be the empty string") }
      guard limit > 0 else { throw QueryFault(message: "Limit must be positive") }
      guard limit <= Int32.max else { throw QueryFault(message: "Limit is too large") }
      var parts = parts(text, delimiter)
      if parts.count > limit {
        let rest = parts[(Int(limit) - 1)...].joined(separator: delimiter)
        parts = parts.prefix(Int(limit) - 1) + [rest]
      }
      return .list(parts.map { .text($0) })
    },
    strict("regexp_split", 2, canFail: true) { arguments throws(QueryFault) in
      let text = (arguments[0].text ?? "") as NSString
      let found = try expression(arguments[1].text ?? "").matches(
        in: text as String, range: NSRange(location: 0, length: text.length))
      var parts: [SQLValue] = []
      var start = 0
      for match in found {
        parts.append(.text(text.substring(with: NSRange(location: start, length: match.range.location - start))))
        start = match.range.location + match.range.length
      }
      parts.append(.text(text.substring(from: start)))
      return .list(parts)
    },
    strict("regexp_extract_all", 3, canFail: true) { arguments throws(QueryFault) in
      let (text, group) = ((arguments[0].text ?? "") as NSString, arguments[2].integer ?? 0)
      let pattern = try expression(arguments[1].text ?? "")
      try checkGroup(group, pattern)
      let found = pattern.matches(in: text as String, range: NSRange(location: 0, length: text.length))
      return .list(
        found.map { match in
          let range = match.range(at: Int(group))
          return range.location == NSNotFound ? .null : .text(text.substring(with: range))
        })
    },
    strict("bit_count", 2, canFail: true) { arguments throws(QueryFault) in
      let (number, bits) = (arguments[0].integer ?? 0, arguments[1].integer ?? 0)
      guard (2...64).contains(bits) else {
        throw QueryFault(message: "Bits specified in bit_count must be between 2 and 64, got \(bits)")
      }
      let limit: Int64 = bits == 64 ? .max : (1 << (bits - 1)) - 1
      guard (-limit - 1...limit).contains(number) else {
        throw QueryFault(
          message:
            "Number must be representable with the bits specified. \(number) can not be represented with \(bits) bits")
      }
      let mask: UInt64 = bits == 64 ? .max : (1 << UInt64(bits)) - 1
      return .integer(Int64((UInt64(bitPattern: number) & mask).nonzeroBitCount))
    },
    strict("random", 2, canFail: true) { arguments throws(QueryFault) in
      guard let bound = arguments[0].integer, bound > 0 else { throw QueryFault(message: "bound must be positive") }
      return .integer(Int64((arguments[1].integer ?? 0).magnitude % UInt64(bound)))
    },
  ]
}
