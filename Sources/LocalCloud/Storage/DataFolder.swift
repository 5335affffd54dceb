import CacheSupport
import Foundation
import Glibc

/// The folder of a cloud's data, which is this process's alone for as long as this object lives.
final class DataFolder: Sendable {
  /// Why there is no storage, in words for people.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let path: String
  /// Whether it goes with the cloud.
  let isTemporary: Bool
  private let lock: Int32

  /// What the name of a folder for one run begins with; a random UUID follows.
  private static let temporaryPrefix = "local-cloud-ephemeral-"
  /// What its name ends with until it is locked.
  private static let unfinishedSuffix = ".new"
  /// How many that others have left are looked at.
  private static let mostLeftovers = 1000
  /// Seconds after which one without a lock is nobody's.
  private static let leftoverAge = 3600

  private init(path: String, lock: Int32, isTemporary: Bool) {
    self.path = path
    self.lock = lock
    self.isTemporary = isTemporary
  }

  deinit {
    remove()
    close(lock)
  }

  /// Takes a folder for data that are kept, and makes it where it is not there.
  ///
  /// - Throws: ``Failure``.
  static func kept(at path: String) throws(Failure) -> DataFolder {
    let path = URL(filePath: path, directoryHint: .isDirectory).standardizedFileURL.path
    try make(path)
    return DataFolder(path: path, lock: try takeLock(in: path), isTemporary: false)
  }

  /// Makes a folder that goes with the cloud, and removes those of clouds that had no time to.
  ///
  /// - Parameter parent: nil takes the system's folder for what is temporary.
  /// - Throws: ``Failure``.
  static func temporary(in parent: String? = nil) throws(Failure) -> DataFolder {
    let parent = parent ?? FileManager.default.temporaryDirectory.standardizedFileURL.path
    removeLeftovers(in: parent)
    let path = "\(parent)/\(temporaryPrefix)\(RandomID.uuid())"
    // It has its name once it is locked, so that nobody takes it for left over.
    try make(path + unfinishedSuffix)
    let lock = try takeLock(in: path + unfinishedSuffix)
    guard unsafe rename(path + unfinishedSuffix, path) == 0 else {
      let code = errno
      close(lock)
      throw failure(path, code)
    }
    return DataFolder(path: path, lock: lock, isTemporary: true)
  }

  /// Removes a temporary folder with all that is in it.
  func remove() {
    guard isTemporary else { return }
    // What cannot be removed now is removed at the next start.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Whether a cloud has kept data there.
  static func hasData(_ path: String) -> Bool {
    FileManager.default.fileExists(
      atPath: URL(filePath: path, directoryHint: .isDirectory).appending(path: Storage.fileName).path)
  }

  // MARK: Making

  /// Makes a folder and those above it; keys and what functions log are the owner's business.
  static func make(_ path: String) throws(Failure) {
    if unsafe mkdir(path, 0o700) == 0 { return }
    switch errno {
    case ENOENT where path.utf8.count > 1:
      try make(URL(filePath: path).deletingLastPathComponent().path)
      guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure(path, errno) }
    case EEXIST:
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { throw failure(path, errno) }
      guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(path, ENOTDIR) }
    case let code: throw failure(path, code)
    }
  }

  /// Two clouds on one folder would poll the same queues.
  private static func takeLock(in path: String) throws(Failure) -> Int32 {
    let lock = unsafe open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw failure(path, errno) }
    guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(lock)
      guard code == EWOULDBLOCK else { throw failure(path, code) }
      throw Failure(
        description: "another local cloud uses the folder \(path): end it, or choose another folder with --data")
    }
    return lock
  }

  /// What a system call's error means for a folder, and what to do.
  static func failure(_ path: String, _ code: Int32) -> Failure {
    let words =
      switch code {
      case EACCES, EPERM: "this user may not write there: choose another folder with --data, or change its rights"
      case ENOTDIR, EEXIST: "there is a file in its place: choose another folder with --data"
      case EROFS: "the file system is read-only: choose another folder with --data"
      case ENOSPC, EDQUOT: "no space is left: make room, or choose another folder with --data"
      case ENAMETOOLONG: "its name is too long"
      default: unsafe String(cString: strerror(code))
      }
    return Failure(description: "the folder \(path) cannot be used: \(words)")
  }

  // MARK: Leftovers

  /// Removes the folders of this user's clouds that were killed.
  private static func removeLeftovers(in parent: String) {
    // A folder that cannot be listed is none that anything was left in.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    for name in names.filter({ $0.hasPrefix(temporaryPrefix) }).prefix(mostLeftovers) {
      let path = "\(parent)/\(name)"
      var status = stat()
      guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid() else {
        continue
      }
      let lock = unsafe open("\(path)/lock", O_RDWR | O_CLOEXEC | O_NOFOLLOW)
      defer { if lock >= 0 { close(lock) } }
      // One without a lock is being made at the moment, or removed; later it is nobody's.
      let isLeft =
        lock >= 0 && !name.hasSuffix(unfinishedSuffix)
        ? flock(lock, LOCK_EX | LOCK_NB) == 0 : status.st_mtim.tv_sec < time(nil) - leftoverAge
      if isLeft { try? FileManager.default.removeItem(atPath: path) }
    }
  }
}
