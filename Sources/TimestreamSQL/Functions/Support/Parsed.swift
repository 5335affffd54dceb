import CacheSupport

/// Texts that a query's functions parse, as patterns and formats: each is parsed once, not for each row.
final class Parsed<Form> {
  private var forms: [ByteText: Form] = [:]
  private var last: (text: ByteText, form: Form)?
  private static var kept: Int { 100 }
  /// Of longer texts the last alone is kept, for their forms take memory that nobody counts; bytes.
  private static var longest: Int { 4096 }
  /// How many were parsed.
  private(set) var count = 0

  func form(of text: String, _ parse: (String) throws(QueryFault) -> Form) throws(QueryFault) -> Form {
    let key = ByteText(text)
    if let known = forms[key] { return known }
    if let last, last.text == key { return last.form }
    count += 1
    let form = try parse(text)
    guard text.utf8.count <= Self.longest else {
      last = (key, form)
      return form
    }
    if forms.count >= Self.kept { forms = [:] }
    forms[key] = form
    return form
  }

  func forget() { (forms, last) = ([:], nil) }
}
