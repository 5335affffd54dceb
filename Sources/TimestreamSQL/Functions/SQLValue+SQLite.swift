import CSQLite
import SQLiteStore

extension SQLValue {
  /// The arguments that SQLite hands to a function; their copying is counted.
  static func arguments(
    _ count: Int32, _ arguments: UnsafeMutablePointer<OpaquePointer?>?, _ execution: Execution
  ) throws(QueryFault) -> [SQLValue] {
    guard let arguments = unsafe arguments else { return [] }
    var values: [SQLValue] = []
    values.reserveCapacity(Int(count))
    var (bytes, room) = (0, 0)
    for index in 0..<Int(count) {
      let value = unsafe SQLValue(arguments[index])
      bytes += value.size
      if value.size > Self.smallSize { room += value.room }
      values.append(value)
    }
    try execution.spend(1 + bytes / 64)
    if room > 0 { try execution.need(room) }
    return values
  }

  /// Values up to so many bytes are not worth being counted.
  private static let smallSize = 4096

  /// About what a function takes in memory for a large argument: its bytes, those of its characters or items as Swift has them, and a
  /// result.
  private var room: Int {
    if case .blob = self { 2 * size + 64 * itemCount } else { 6 * size }
  }

  /// A value of SQLite's; a NaN is a blob there.
  init(_ value: OpaquePointer?) {
    switch unsafe sqlite3_value_type(value) {
    case SQLITE_INTEGER: self = .integer(unsafe sqlite3_value_int64(value))
    case SQLITE_FLOAT: self = .real(unsafe sqlite3_value_double(value))
    case SQLITE_TEXT:
      guard let bytes = unsafe sqlite3_value_text(value) else {
        self = .null
        return
      }
      let length = unsafe Int(sqlite3_value_bytes(value))
      self = unsafe .text(String(decoding: UnsafeBufferPointer(start: bytes, count: length), as: UTF8.self))
    case SQLITE_BLOB:
      let length = unsafe Int(sqlite3_value_bytes(value))
      guard let bytes = unsafe sqlite3_value_blob(value) else {
        self = .blob([])
        return
      }
      let blob = unsafe Array(UnsafeRawBufferPointer(start: bytes, count: length))
      self = blob == NotANumber.blob ? .real(.nan) : .blob(blob)
    default: self = .null
    }
  }

  /// Gives SQLite a function's result.
  func reply(to context: OpaquePointer?) {
    switch self {
    case .null: unsafe sqlite3_result_null(context)
    case .integer(let number): unsafe sqlite3_result_int64(context, number)
    case .real(let number) where number.isNaN: unsafe SQLValue.blob(NotANumber.blob).reply(to: context)
    case .real(let number): unsafe sqlite3_result_double(context, number)
    case .blob(let bytes) where bytes.count > NativeFunction.sizeLimit: unsafe sqlite3_result_error_toobig(context)
    case .text(let text) where text.utf8.count > NativeFunction.sizeLimit:
      unsafe sqlite3_result_error_toobig(context)
    case .blob(let bytes):
      unsafe bytes.withUnsafeBytes { unsafe csqlite_result_blob(context, $0.baseAddress, Int32($0.count)) }
    case .text(let text): unsafe csqlite_result_text(context, text, Int32(text.utf8.count))
    }
  }
}

extension QueryFault {
  /// Ends SQLite's statement with this fault.
  func reply(to context: OpaquePointer?) {
    unsafe sqlite3_result_error(context, marked, Int32(marked.utf8.count))
  }
}
