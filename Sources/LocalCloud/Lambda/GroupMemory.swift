import Glibc

/// What process groups have in memory, as the kernel tells it in `/proc`.
enum GroupMemory {
  /// The resident bytes of groups, all of their processes together.
  ///
  /// A process that ends meanwhile, or that cannot be read, counts nothing.
  static func sizes(of groups: Set<pid_t>) -> [pid_t: Int] {
    var sizes: [pid_t: Int] = [:]
    guard let folder = unsafe opendir("/proc") else { return sizes }
    defer { unsafe closedir(folder) }
    while let entry = unsafe readdir(folder) {
      let first = unsafe UInt8(bitPattern: entry.pointee.d_name.0)
      guard (48...57).contains(first) else { continue }
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        unsafe String(cString: UnsafeRawPointer(pointer).assumingMemoryBound(to: CChar.self))
      }
      guard let stat = stat(of: name), groups.contains(stat.group) else { continue }
      sizes[stat.group, default: 0] += stat.resident
    }
    return sizes
  }

  /// The resident bytes of one process; nil for one that cannot be read.
  static func size(of process: pid_t) -> Int? { stat(of: String(process))?.resident }

  /// The group and the resident bytes of `/proc/…/stat`: the fields 5 and 24, which are counted from the end of the name in brackets.
  static func parse(_ stat: ArraySlice<UInt8>) -> (group: pid_t, resident: Int)? {
    guard let name = stat.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = stat[(name + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 22)
    guard fields.count > 21, let group = pid_t(String(decoding: fields[2], as: UTF8.self)),
      let pages = Int(String(decoding: fields[21], as: UTF8.self))
    else { return nil }
    return (group, pages.multipliedReportingOverflow(by: pageSize).partialValue)
  }

  private static let pageSize = max(4096, sysconf(Int32(_SC_PAGESIZE)))

  private static func stat(of process: String) -> (group: pid_t, resident: Int)? {
    let file = unsafe open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = unsafe read(file, &bytes, bytes.count)
    return count > 0 ? parse(bytes[..<count]) : nil
  }
}
