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
}
