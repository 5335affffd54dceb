import Foundation
import TestSupport
import Testing

@testable import LocalCloud

/// What ends functions where the cloud can no longer do it.
@Suite struct ProcessWardenTests {
  @Test("Once its connection closes, it kills the groups that have not ended, and no others") func kills() async throws
  {
    let told = Recorder<String>()
    let warden = ProcessWarden { told.append($0) }
    let processes = try (0..<5).map { _ in try ChildProcess.spawn("/bin/sleep", ["1000"], environment: [:]) }
    for process in processes { warden.add(process) }
    for process in [processes[0], processes[2], processes[4]] { warden.remove(process) }
    // Told twice, or never begun: nothing changes.
    warden.remove(processes[2])
    warden.remove(1)
    warden.stop()
    for (index, process) in processes.enumerated() {
      if index % 2 == 0 {
        // It runs, until this test ends it.
        #expect(kill(process, 0) == 0)
        kill(process, SIGTERM)
      }
      #expect(ChildProcess.reap(process).raw == (index % 2 == 0 ? SIGTERM : SIGKILL))
    }
    // Over is over.
    warden.add(1)
    warden.stop()
    #expect(told.elements == [])
  }

  @Test("What a slow shell has not taken is told it later") func slowShell() async throws {
    let told = Recorder<String>()
    let warden = ProcessWarden { told.append($0) }
    warden.add(999_999)
    let shell = try #require(warden.shell?.process)
    kill(shell, SIGSTOP)
    // More than a connection holds.
    var lines = 0
    while warden.shell?.unsent == 0, lines < 1_000_000 {
      warden.remove(999_999)
      lines += 1
    }
    let process = try ChildProcess.spawn("/bin/sleep", ["1000"], environment: [:])
    warden.add(process)
    #expect((warden.shell?.unsent ?? 0) > 10)
    kill(shell, SIGCONT)
    #expect(
      try await eventually {
        warden.remove(1)
        return warden.shell?.unsent == 0
      })
    warden.stop()
    #expect(ChildProcess.reap(process).raw == SIGKILL)
    #expect(told.elements == [])
  }
}
