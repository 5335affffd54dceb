import CacheSupport
import CommandLineSupport
import TimeSeriesCache

/// The file in which a move keeps its state, so that it goes on where it was ended.
///
/// The state is a file and not what the target holds: functions write to the target meanwhile, so that its newest row says nothing of what
/// was copied, and of a series without rows, or whose rows were rejected, it says nothing at all.
struct MoveFile: Sendable {
  let path: String

  /// A state has at most 1,000 series that failed, and as many that were named, of 2,000 bytes each.
  private static let mostBytes: Int = 32 << 20

  /// The state of the move that is gone on from; nil where one begins.
  ///
  /// - Throws: where the file cannot be read, or is another move's.
  func read(task: String) throws -> MoveState? {
    let text: String
    do throws(TextFile.Failure) { text = try TextFile.read(path, limit: Self.mostBytes) } catch {
      if error.isAbsent { return nil }
      throw error
    }
    let state: MoveState
    do throws(MoveState.Unreadable) { state = try MoveState(text: text) } catch {
      throw Arguments.Failure(description: "\(path) cannot be gone on from: \(error); remove it to start again")
    }
    guard state.task.hasSameBytes(as: task) else {
      throw Arguments.Failure(
        description:
          "\(path) is of another move (\(state.task)), this one is \(task): remove it to give the other up, or name another file with --progress"
      )
    }
    return state
  }

  func write(_ state: MoveState) throws { try TextFile.replace(path, with: state.text) }

  /// Removes the file, once there is nothing to go on from.
  func remove() throws { try TextFile.remove(path) }
}
