import CacheSupport

/// The variables that a template may set for a function.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>.
enum FunctionEnvironment {
  /// Lambda's own, which no function may set.
  static let reserved: Set<String> = [
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN", "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
  ]
  /// Bytes of all variables, as JSON.
  static let sizeLimit: Int = 4096

  /// - Throws: ``TemplateError`` with Lambda's words for what it would refuse.
  static func check(_ variables: [String: String], of function: String) throws(TemplateError) {
    for (name, value) in variables where !isName(name) || value.utf8.contains(0) {
      throw TemplateError("\(function): '\(name)' is no variable that a function may have")
    }
    let refused = variables.keys.filter(reserved.contains).sorted()
    guard refused.isEmpty else {
      throw TemplateError(
        "\(function): Lambda was unable to configure your environment variables because the environment variables you "
          + "have provided contains reserved keys that are currently not supported for modification. Reserved keys used "
          + "in this request: \(refused.joined(separator: ", "))")
    }
    let size = JSON.object(variables.reduce(into: JSONObject()) { $0[$1.key] = .string($1.value) }).bytes.count
    guard size <= sizeLimit else {
      throw TemplateError(
        "\(function): Lambda was unable to configure your environment variables because the environment variables you "
          + "have provided exceeded the 4KB limit. They have \(size) bytes")
    }
  }

  /// `[a-zA-Z][a-zA-Z0-9_]+`
  private static func isName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count > 1, isLetter(first) else {
      // `_HANDLER` is refused by its name.
      return reserved.contains(name)
    }
    return name.utf8.allSatisfy { isLetter($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
}
