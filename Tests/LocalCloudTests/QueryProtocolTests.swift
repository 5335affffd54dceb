import CacheSupport
import Testing

@testable import LocalCloud

/// AWS's query protocol: forms, XML, and the shapes between them and JSON.
@Suite struct QueryProtocolTests {
  @Test(
    "A form is a tree by the parts of its names",
    arguments: [
      ("", "b", nil), ("b=1", "b", "1"), ("b=1&b=2", "b", "2"), ("b", "b", ""), ("b=x=y", "b", "x=y"),
      ("b=a+b%20c%26", "b", "a b c&"), ("b=%e9%zz", "b", nil), ("b=%C3%A9", "b", "é"), ("%62=1", "b", "1"),
      ("&&b=1&", "b", "1"), ("b.c=1", "b", nil), ("a.b.c.d.e.f.g.h.i=1", "a", nil),
    ] as [(String, String, String?)])
  func fields(form: String, name: String, text: String?) {
    let fields = try? FormFields(Array(form.utf8))
    #expect(fields?[name]?.text == text)
  }

  @Test("A form has a bounded number of fields, which are no deeper than a name may be") func bounds() throws {
    let most = Array(repeatElement("a=1", count: FormFields.most).joined(separator: "&").utf8)
    #expect(try FormFields(most)["a"]?.text == "1")
    #expect(throws: ServiceError.self) { try FormFields(most + Array("&a=1".utf8)) }
    let deep = Array((repeatElement("a.", count: 1_000_000).joined() + "a=1").utf8)
    #expect(try FormFields(deep)["a"] == nil)
  }

  @Test("Of the fields of an address and of a body, those of the body count") func twoForms() throws {
    let fields = try FormFields(Array("a=1&b=2&c.1=x".utf8), Array("b=3&c.2=y".utf8))
    #expect(fields["a"]?.text == "1" && fields["b"]?.text == "3")
    #expect(fields["c"]?.elements.map(\.text) == ["x", "y"])
    let half = Array(repeatElement("a=1", count: FormFields.most / 2 + 1).joined(separator: "&").utf8)
    #expect(throws: ServiceError.self) { try FormFields(half, half) }
  }

  @Test(
    "A text in XML reads back as it was, as far as XML can say it",
    arguments: [
      ("a<b>&\"'", "a&lt;b&gt;&amp;&quot;'"), ("\r\n\t", "&#xD;\n\t"), ("é\u{10FFFF}", "é\u{10FFFF}"),
      ("\0\u{1B}", "\u{FFFD}\u{FFFD}"), ("a\u{FFFE}\u{FFFF}b\u{FFFD}", "a\u{FFFD}\u{FFFD}b\u{FFFD}"), ("", ""),
    ])
  func texts(text: String, written: String) {
    var writer = XMLWriter()
    writer.element("T", text)
    let wanted = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<T>\(written)</T>"
    #expect(String(decoding: writer.bytes, as: UTF8.self).hasSameBytes(as: wanted))
  }

  static let shapes: [QueryMember] = [
    QueryMember("Name"), QueryMember("Count", .integer), QueryMember("Is", .flag),
    QueryMember("Names", .list(.text), as: "Name_"),
    QueryMember("Texts", .map(key: "Key", value: "Value", .structure([QueryMember("Text")])), as: "Entry"),
  ]

  @Test(
    "An input is what its shapes make of a form",
    arguments: [
      ("Name=a&Count=-5&Is=true&Other=x", #"{"Name":"a","Count":-5,"Is":true}"#),
      ("Name_.10=c&Name_.2=b&Name_.1=a&Name_.x=d", #"{"Names":["a","b","c"]}"#), ("Name_=", #"{"Names":[]}"#),
      ("Name_=a", #"{"Names":["a"]}"#), ("Name_=a&Name_.7=b", #"{"Names":["b"]}"#),
      ("Entry.Key=k&Entry.Value.Text=t", #"{"Texts":{"k":{"Text":"t"}}}"#),
      ("Entry.Key=k&Entry.1.Key=l", #"{"Texts":{"l":{}}}"#),
      (
        "Entry.1.Key=k&Entry.1.Value.Text=t&Entry.2.Key=l&Entry.3.Value.Text=u",
        #"{"Texts":{"k":{"Text":"t"},"l":{},"":{"Text":"u"}}}"#
      ),
    ])
  func inputs(form: String, json: String) throws {
    #expect(try Self.shapes.input(FormFields(Array(form.utf8))) == JSON(parsing: json))
  }

  @Test("What is no number or flag is refused", arguments: ["Count=x", "Count=", "Count=1.5", "Is=yes"])
  func badInput(form: String) throws {
    let fields = try FormFields(Array(form.utf8))
    #expect(throws: ServiceError.self) { try Self.shapes.input(fields) }
  }

  @Test("An answer is what its shapes make of JSON") func answers() throws {
    let endpoint = QueryEndpoint(signingName: "s", version: "v", namespace: "http://n/", shapes: [:])
    let answer = Answer([
      "Is": false, "Name": "a", "Count": 7, "Names": ["b", "c"], "Texts": ["k": ["Text": "t"], "l": [:]],
    ])
    func body(_ shapes: QueryEndpoint.Shapes) throws -> String {
      String(decoding: try endpoint.body(answer, of: "Do", shapes, "id"), as: UTF8.self)
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DoResponse xmlns=\"http://n/\">"
    let tail = "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DoResponse>"
    #expect(
      try body(.init([], Self.shapes)) == head
        + "<DoResult><Name>a</Name><Count>7</Count><Is>false</Is><Name_>b</Name_><Name_>c</Name_>"
        + "<Entry><Key>k</Key><Value><Text>t</Text></Value></Entry><Entry><Key>l</Key><Value></Value></Entry></DoResult>"
        + tail)
    #expect(try body(.init([], [])) == head + "<DoResult></DoResult>" + tail)
    #expect(try body(.init([])) == head + tail)
  }

  @Test("Every operation of SQS speaks the query protocol, and STS nothing else") func operations() throws {
    let sqs = try QueueTests.service().module
    #expect(Set(sqs.operations.map { ByteText($0.name) }) == Set(SQSService.query.shapes.keys))
    let sts = STSService(account: Account())
    #expect(sts.operations.map { ByteText($0.name) } == sts.queryEndpoint.map { Array($0.shapes.keys) })
    #expect(sts.endpoint == nil)
  }

  static func scope(_ service: String) -> String {
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/\(service)/aws4_request, SignedHeaders=host, Signature=0"
  }

  @Test(
    "A request tells how it speaks",
    arguments: [
      ("POST", "/", "", ["X-Amz-Target": "AmazonSQS.X"], .json, nil), ("POST", "/", "", [:], .json, nil),
      ("POST", "/0/q", "", ["X-Amz-Target": "AmazonSQS.X", "Authorization": scope("sqs")], .json, "sqs"),
      ("POST", "/", "", ["Content-Type": "application/x-amz-json-1.1"], .json, nil),
      ("POST", "/", "", ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"], .query, nil),
      ("GET", "/0/q", "Action=ReceiveMessage", ["Authorization": scope("sqs")], .query, "sqs"),
      ("POST", "/0/q", "Action=ReceiveMessage", ["Authorization": scope("sqs")], .query, "sqs"),
      ("PUT", "/b/k", "Action=ReceiveMessage", ["Authorization": scope("s3")], .s3, "s3"),
      ("DELETE", "/0/q", "Action=DeleteQueue", [:], .none, nil),
      ("GET", "/", "", ["Authorization": scope("s3")], .s3, "s3"), ("GET", "/", "", [:], .none, nil),
      ("PUT", "/b/k", "X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", [:], .s3, "s3"),
      ("GET", "/2013-04-01/hostedzone", "", ["Authorization": scope("route53")], .restXML, "route53"),
      ("GET", "/restapis", "", ["Authorization": scope("apigateway")], .restJSON, "apigateway"),
      (
        "POST", "/service/X/operation/Y", "", ["smithy-protocol": "rpc-v2-cbor", "Authorization": scope("monitoring")],
        .cbor, "monitoring"
      ),
      ("DELETE", "/x", "", ["Authorization": "Basic dGVzdA=="], .none, nil),
      ("GET", "/", "", ["Authorization": "Credential=////////"], .none, nil),
    ] as [(String, String, String, [String: String], RequestDialect.Kind, String?)])
  func dialects(
    method: String, path: String, query: String, headers: [String: String], kind: RequestDialect.Kind, service: String?
  ) {
    let dialect = RequestDialect(
      ServerRequest(method: method, path: path, query: query, headers: headers.map { ($0.key, $0.value) }))
    #expect(dialect.kind == kind)
    #expect(dialect.service == service)
  }

  @Test(
    "An error is written as each protocol has it",
    arguments: [
      (
        .query(namespace: "http://n/"),
        "<ErrorResponse xmlns=\"http://n/\"><Error><Type>Sender</Type><Code>Tea</Code><Message>a&amp;b</Message><Detail></Detail></Error><RequestId>id</RequestId></ErrorResponse>"
      ),
      (
        .ec2,
        "<Response><Errors><Error><Code>Tea</Code><Message>a&amp;b</Message></Error></Errors><RequestID>id</RequestID></Response>"
      ),
      (.s3, "<Error><Code>Tea</Code><Message>a&amp;b</Message><RequestId>id</RequestId></Error>"),
    ] as [(ErrorFormat, String)])
  func errors(format: ErrorFormat, body: String) {
    let response = format.response(to: ServiceError(status: 418, type: "com.x#Tea", message: "a&b"), "id")
    #expect(response.status == 418)
    #expect(
      String(decoding: response.body, as: UTF8.self) == "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + body)
  }

  @Test(
    "The front end's errors have other names in XML",
    arguments: [
      ("MissingAuthenticationTokenException", "MissingAuthenticationToken", 403),
      ("InvalidSignatureException", "SignatureDoesNotMatch", 403),
      ("UnrecognizedClientException", "InvalidClientTokenId", 403),
      ("IncompleteSignatureException", "IncompleteSignature", 400), ("UnknownOperationException", "InvalidAction", 400),
      ("SerializationException", "MalformedInput", 400),
    ])
  func codes(code: String, name: String, status: Int) {
    let response = ErrorFormat.query(namespace: nil).response(to: .coral(code, "m"))
    #expect(response.status == status)
    #expect(String(decoding: response.body, as: UTF8.self).contains("<Code>\(name)</Code>"))
  }

  @Test("An error in CBOR is a map of texts", arguments: [0, 23, 24, 255, 256, 70_000])
  func cbor(length: Int) {
    let heads: [Int: [UInt8]] = [
      0: [0x60], 23: [0x77], 24: [0x78, 24], 255: [0x78, 255], 256: [0x79, 1, 0], 70_000: [0x7A, 0, 1, 0x11, 0x70],
    ]
    let text = String(repeating: "x", count: length)
    #expect(CBORText.map([("a", text)]) == [0xA1, 0x61, 0x61] + (heads[length] ?? []) + Array(text.utf8))
  }
}
