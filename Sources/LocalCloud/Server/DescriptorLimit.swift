import Glibc

/// How many descriptors this process may open (`RLIMIT_NOFILE`).
enum DescriptorLimit {
  /// More than any use of this program needs.
  private static let highest: rlim_t = 65_536

  /// Raises the limit as far as the system lets it, which it does without rights up to the hard limit.
  ///
  /// - Returns: the limit that holds.
  static func raise() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
    let wanted = min(limit.rlim_max, highest)
    if limit.rlim_cur < wanted {
      let before = limit.rlim_cur
      limit.rlim_cur = wanted
      // Where it is refused, the old one holds.
      if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = before }
    }
    return Int(clamping: min(limit.rlim_cur, highest))
  }
}
