public import Foundation

/// Reference data that lies beside the checkout and is read in place; tests that need it skip where it is absent.
public enum SharedData {
  /// The package's own folder.
  public static let package: URL = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  public static let folder: URL = package.deletingLastPathComponent().appending(path: "shared/data")

  public static let isPresent: Bool = FileManager.default.fileExists(atPath: folder.path)

  public static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: path)))
  }

  public static func text(_ path: String) throws -> String {
    String(decoding: try bytes(path), as: UTF8.self)
  }

  /// The names in a folder, sorted; none where the data is absent.
  public static func names(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)) ?? []).sorted()
  }
}
