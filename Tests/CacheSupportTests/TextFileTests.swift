import Foundation
import Testing

@testable import CacheSupport

@Suite struct TextFileTests {
  static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "text-\(RandomID.uuid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test("A file is replaced whole, for its owner alone, and nothing else is left") func replace() throws {
    try Self.withFolder { folder in
      let path = folder.appending(path: "token").path
      for text in ["one", "", String(repeating: "é", count: 300_000)] {
        try TextFile.replace(path, with: text)
        #expect(try TextFile.read(path) == text)
      }
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["token"])
    }
  }

  @Test("A file that cannot be replaced stays as it is, and leaves no draft") func fails() throws {
    try Self.withFolder { folder in
      // A folder is in the file's place.
      let place = folder.appending(path: "token")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      #expect(throws: TextFile.Failure.self) { try TextFile.replace(place.path, with: "x") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["token"])
    }
    #expect {
      try TextFile.replace("/nonexistent/token", with: "x")
    } throws: {
      "\($0)".hasPrefix("cannot create /nonexistent/token.") && "\($0)".hasSuffix(": No such file or directory")
    }
  }

  @Test("A file that is absent, or too large, is told") func read() throws {
    #expect(
      throws: TextFile.Failure(description: "cannot read /nonexistent: No such file or directory", isAbsent: true)
    ) {
      try TextFile.read("/nonexistent")
    }
    try Self.withFolder { folder in
      let path = folder.appending(path: "large").path
      try TextFile.replace(path, with: "12345")
      #expect(try TextFile.read(path, limit: 5) == "12345")
      #expect(throws: TextFile.Failure(description: "\(path) is larger than 4 bytes", isAbsent: false)) {
        try TextFile.read(path, limit: 4)
      }
    }
  }
}
