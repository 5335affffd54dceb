/// The values of a key that has not been set yet.
enum PlaceholderKey {
  private static let placeholders: Set<String> = [
    "no-key-provided", "placeholder", "changeme", "change-me", "none", "-",
  ]

  static func isPlaceholder(_ key: String) -> Bool {
    let bare = key.filter { !$0.isWhitespace }.lowercased()
    return bare.isEmpty || placeholders.contains(bare)
  }
}
