import CacheSupport
import LambdaRuntime

/// The parameters of a request, each given at most once, by names that compare by bytes.
struct QueryParameters {
  private var values: [ByteText: String] = [:]

  /// - Throws: 400 for a parameter that appears twice or is not UTF-8.
  init(_ items: [HTTPEvent.QueryItem]) throws(APIError) {
    for item in items {
      guard let name = String(validating: item.name, as: UTF8.self) else {
        throw .badRequest("the name of a parameter is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
      }
      guard let value = String(validating: item.value, as: UTF8.self) else {
        throw .badRequest("the parameter '\(name.prefix(40))' is not UTF-8: encode its UTF-8 bytes, as %C3%A9 for é")
      }
      guard values.updateValue(value, forKey: ByteText(name)) == nil else {
        throw .badRequest("the parameter '\(name.prefix(40))' appears twice: give it once")
      }
    }
  }

  subscript(name: ByteText) -> String? { values[name] }

  /// - Throws: 400 for a parameter that is not among these.
  func require(only known: [ByteText]) throws(APIError) {
    guard let unknown = values.keys.filter({ !known.contains($0) }).min() else { return }
    throw .badRequest(
      "there is no parameter '\(unknown.text.prefix(40))': give \(known.map(\.text).joined(separator: ", "))")
  }
}
