import Foundation
import SQLiteStore

/// The data of a folder, read beside whoever uses them: what a plan needs to know of them.
struct StandingData {
  private let database: Database
  private let path: String

  /// - Parameter folder: nil has no data.
  /// - Returns: nil where there are no data.
  /// - Throws: where they cannot be opened.
  init?(inFolder folder: String?) throws(DataFolder.Failure) {
    guard let folder else { return nil }
    path = Storage.path(inFolder: folder)
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    do throws(DatabaseError) { database = try Database(path: path, readOnly: true) } catch {
      throw Self.failure(path, error.message)
    }
  }

  /// What is remembered of a stack.
  func state(of stack: String) throws(DataFolder.Failure) -> StackState {
    try read { connection throws(ServiceError) in try StackState(of: stack, connection) }
  }

  /// The value of a parameter of SSM; nil where there is none.
  func parameter(_ name: String) throws(DataFolder.Failure) -> String? { try read(SSMService.value(of: name)) }

  private func read<Value: Sendable>(
    _ body: (Connection) throws(ServiceError) -> Value
  ) throws(DataFolder.Failure) -> Value {
    do throws(ServiceError) {
      return try database.with { connection throws(ServiceError) in try body(connection) }
    } catch {
      throw Self.failure(path, error.message ?? error.type)
    }
  }

  private static func failure(_ path: String, _ words: String) -> DataFolder.Failure {
    DataFolder.Failure(description: "\(path) cannot be read: \(words)")
  }
}
