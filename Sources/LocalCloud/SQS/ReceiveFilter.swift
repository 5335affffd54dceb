import CacheSupport

/// Which attributes a receive asks for.
struct ReceiveFilter: Sendable {
  private var system: Set<ByteText> = []
  private var custom: [String] = []

  static let all: ReceiveFilter = ReceiveFilter(system: ["All"], custom: ["All"])

  init(system: [String] = [], custom: [String] = []) {
    self.system = Set(system.map { ByteText($0) })
    self.custom = custom
  }

  var takesAnySystem: Bool { !system.isEmpty }
  var takesAnyCustom: Bool { !custom.isEmpty }

  mutating func addSystem(_ names: [String]) { for name in names { system.insert(ByteText(name)) } }
  mutating func addCustom(_ names: [String]) { custom += names }

  func takesSystem(_ name: ByteText) -> Bool { system.contains("All") || system.contains(name) }

  /// By name, by a prefix before `.*`, or all.
  func takesCustom(_ name: ByteText) -> Bool {
    let name = name.text.utf8
    return custom.contains { wanted in
      let wanted = wanted.utf8
      if wanted.elementsEqual("All".utf8) || wanted.elementsEqual(name) { return true }
      return wanted.suffix(2).elementsEqual(".*".utf8) && name.starts(with: wanted.dropLast(2))
    }
  }
}
