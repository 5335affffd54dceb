/// The little of CBOR (RFC 8949) that an error needs.
enum CBORText {
  /// A map of texts by name.
  static func map(_ members: [(name: String, text: String)]) -> [UInt8] {
    members.reduce(into: head(5, members.count)) { bytes, member in
      bytes += head(3, member.name.utf8.count) + Array(member.name.utf8)
      bytes += head(3, member.text.utf8.count) + Array(member.text.utf8)
    }
  }

  /// The head of an item of a major type: its argument in as few bytes as it takes.
  private static func head(_ major: UInt8, _ argument: Int) -> [UInt8] {
    let type = major << 5
    switch argument {
    case ..<24: return [type | UInt8(truncatingIfNeeded: argument)]
    case ..<0x100: return [type | 24, UInt8(truncatingIfNeeded: argument)]
    case ..<0x1_0000:
      return [type | 25] + [8, 0].map { UInt8(truncatingIfNeeded: argument >> $0) }
    default: return [type | 26] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: argument >> $0) }
    }
  }
}
