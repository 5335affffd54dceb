import Basics
import CSQLite

extension Connection {
  /// Registers what Timestream's SQL has and SQLite has not, and sets comparisons to the service's rules.
  func prepareForQueries() throws(DatabaseError) {
    try execute("PRAGMA case_sensitive_like = ON")
    unsafe register("ts_text") { context, value in
      guard unsafe sqlite3_value_type(value) == SQLITE_INTEGER else { return unsafe sqlite3_result_null(context) }
      unsafe reply(TimestreamType.timestamp(sqlite3_value_int64(value)), context)
    }
    unsafe register("ts_iso8601") { context, value in
      guard unsafe sqlite3_value_type(value) == SQLITE_INTEGER else { return unsafe sqlite3_result_null(context) }
      unsafe reply(TimestreamType.timestamp(sqlite3_value_int64(value)).replacing(" ", with: "T"), context)
    }
    unsafe register("ts_double") { context, value in
      guard unsafe sqlite3_value_type(value) != SQLITE_NULL else { return unsafe sqlite3_result_null(context) }
      unsafe reply(JavaDouble.text(sqlite3_value_double(value)), context)
    }
    unsafe register("ts_lower") { context, value in
      guard let text = unsafe text(of: value) else { return unsafe sqlite3_result_null(context) }
      unsafe reply(text.lowercased(), context)
    }
    unsafe register("ts_upper") { context, value in
      guard let text = unsafe text(of: value) else { return unsafe sqlite3_result_null(context) }
      unsafe reply(text.uppercased(), context)
    }
  }

  private typealias Function =
    @convention(c) (
      OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?
    ) -> Void

  /// A deterministic function of one argument. The body travels as the function's user data.
  private func register(_ name: String, _ body: @escaping (OpaquePointer?, OpaquePointer?) -> Void) {
    let box = unsafe Unmanaged.passRetained(FunctionBody(body)).toOpaque()
    unsafe sqlite3_create_function_v2(
      raw, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, box,
      { context, _, arguments in
        guard let data = unsafe sqlite3_user_data(context), let arguments = unsafe arguments else { return }
        unsafe Unmanaged<FunctionBody>.fromOpaque(data).takeUnretainedValue().body(context, arguments[0])
      }, nil, nil, { data in if let data = unsafe data { unsafe Unmanaged<FunctionBody>.fromOpaque(data).release() } })
  }
}

@safe private final class FunctionBody {
  let body: (OpaquePointer?, OpaquePointer?) -> Void
  init(_ body: @escaping (OpaquePointer?, OpaquePointer?) -> Void) { unsafe self.body = unsafe body }
}

private func reply(_ text: String, _ context: OpaquePointer?) {
  unsafe csqlite_result_text(context, text, Int32(text.utf8.count))
}

private func text(of value: OpaquePointer?) -> String? {
  guard unsafe sqlite3_value_type(value) == SQLITE_TEXT, let bytes = unsafe sqlite3_value_text(value) else {
    return nil
  }
  let count = unsafe Int(sqlite3_value_bytes(value))
  return unsafe String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}
