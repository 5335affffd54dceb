import CacheSupport

/// A service of AWS's query protocol: a form with an `Action`, answered in XML. Its operations are those of the JSON protocol, of
/// which forms are made and whose answers are rewritten.
///
/// See <https://smithy.io/2.0/aws/protocols/aws-query-protocol.html>.
struct QueryEndpoint: Sendable {
  /// The service's name in signatures.
  var signingName: String
  /// The `Version` that a form names.
  var version: String
  /// `xmlns` of the answers.
  var namespace: String
  /// The field that the request's path stands for where the form does not have it, such as a queue's URL.
  var pathField: String?
  /// By action.
  var shapes: [ByteText: Shapes]

  /// What an operation takes and gives.
  struct Shapes: Sendable {
    var input: [QueryMember]
    /// nil for an operation without a result.
    var output: [QueryMember]?

    init(_ input: [QueryMember], _ output: [QueryMember]? = nil) {
      self.input = input
      self.output = output
    }
  }

  /// The body of an answer.
  func body(_ answer: Answer, of action: String, _ shapes: Shapes, _ requestID: String) throws(ServiceError) -> [UInt8]
  {
    let result: JSON
    do { result = try JSON(parsing: answer.body) } catch { throw .internal(error) }
    var writer = XMLWriter()
    writer.element("\(action)Response", namespace: namespace) { writer in
      if let output = shapes.output { writer.element("\(action)Result") { output.write(result, to: &$0) } }
      writer.element("ResponseMetadata") { $0.element("RequestId", requestID) }
    }
    return writer.bytes
  }
}
