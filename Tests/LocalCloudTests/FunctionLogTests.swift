import CacheSupport
import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// The files that functions print into.
@Suite struct FunctionLogTests {
  @Test("A log keeps its last bytes while its function prints without end; lines stay whole") func logs() async throws {
    let scripts = try SandboxTests.Scripts()
    let log = FunctionLog(path: scripts.folder.appending(path: "log").path, limit: 10_000)
    let watcher = try ProcessWatcher()
    let script = try scripts.add("f", "seq 1 30000; printf end")
    let processes = try (0..<2).map { _ in
      try FunctionProcess(executable: script, environment: [:], log: log) { _ in }
    }
    for process in processes { watcher.add(process) }
    for process in processes { await process.ended() }
    let (old, new) = (scripts.text("log.1"), scripts.text("log"))
    #expect(old.utf8.count == 10_000 && (1...10_000).contains(new.utf8.count))
    let lines = (old + new).split(separator: "\n").dropFirst()
    #expect(lines.last == "end" || lines.last == "30000")
    #expect(lines.allSatisfy { $0 == "end" || (1...30_000).contains(Int($0) ?? 0) })
  }

  @Test("A log that cannot be renamed stays within its size; that is told once, and its end, too") func renames() throws
  {
    let scripts = try SandboxTests.Scripts()
    let path = scripts.folder.appending(path: "log").path
    // Nothing can be renamed to a folder that holds something.
    try FileManager.default.createDirectory(atPath: path + ".1/full", withIntermediateDirectories: true)
    let told = Recorder<String>()
    let log = FunctionLog(path: path, limit: 10) { told.append($0) }
    for digit in 0..<5 { log.write(Array(repeating: UInt8(48 + digit), count: 8)) }
    #expect(scripts.text("log") == "3344444444")
    let words = "the log \(path) is full and begins anew, for it cannot be renamed to \(path).1: Is a directory"
    #expect(told.elements == [words])
    try FileManager.default.removeItem(atPath: path + ".1")
    log.write(Array(repeating: 65, count: 20))
    #expect(scripts.text("log.1").utf8.count == 10 && scripts.text("log").utf8.count <= 10)
    #expect(told.elements == [words, "the log \(path) is renamed again once it is full"])
  }

  @Test("A log that cannot be opened is told once, and written once it can be") func opens() throws {
    let scripts = try SandboxTests.Scripts()
    let path = scripts.folder.appending(path: "log").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let told = Recorder<String>()
    let log = FunctionLog(path: path) { told.append($0) }
    for _ in 0..<3 { log.write(Array("lost\n".utf8)) }
    #expect(told.elements == ["the log \(path) cannot be written: Is a directory"])
    try FileManager.default.removeItem(atPath: path)
    log.write(Array("kept\n".utf8))
    #expect(scripts.text("log") == "kept\n")
    #expect(told.elements.dropFirst() == ["the log \(path) is written again"])
  }
}
