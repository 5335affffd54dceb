import CYAML

/// Reads the YAML (or JSON) of a template: YAML 1.1 as CloudFormation takes it, without anchors and merges.
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>.
@safe struct YAMLReader: ~Copyable {
  /// CloudFormation takes 1 MB.
  static let sizeLimit: Int = 1_000_000
  static let depthLimit: Int = 64

  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let bytes: UnsafeMutableBufferPointer<UInt8>

  private init(_ text: String) {
    unsafe bytes = .allocate(capacity: text.utf8.count)
    _ = unsafe bytes.initialize(from: text.utf8)
    unsafe parser = .allocate(capacity: 1)
    unsafe yaml_parser_initialize(parser)
    unsafe yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    unsafe yaml_parser_delete(parser)
    unsafe parser.deallocate()
    unsafe bytes.deallocate()
  }

  static func parse(_ text: String) throws(TemplateError) -> TemplateValue {
    guard text.utf8.count <= sizeLimit else {
      throw TemplateError("a template has at most \(sizeLimit) bytes, this one has \(text.utf8.count)")
    }
    var reader = YAMLReader(text)
    var root: TemplateValue?
    while true {
      let event = try reader.next()
      switch event.kind {
      case .streamEnd:
        guard let root else { throw TemplateError("the file is empty") }
        return root
      case .other: continue
      default:
        guard root == nil else { throw TemplateError("a template is one document", line: event.line) }
        root = try reader.value(event, depth: 0)
      }
    }
  }

  // MARK: Events

  private struct Event {
    enum Kind {
      case scalar(String, isPlain: Bool)
      case sequenceStart, sequenceEnd, mappingStart, mappingEnd, streamEnd, other
    }
    var kind: Kind
    var tag: String?
    var line: Int
  }

  private mutating func next() throws(TemplateError) -> Event {
    var event = unsafe yaml_event_t()
    guard unsafe yaml_parser_parse(parser, &event) == 1 else {
      let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "it cannot be read"
      let mark = unsafe parser.pointee.problem_mark
      throw TemplateError("this is not YAML: \(problem)", line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
    defer { unsafe yaml_event_delete(&event) }
    let line = unsafe Int(event.start_mark.line) + 1
    switch unsafe event.type {
    case YAML_SCALAR_EVENT:
      let scalar = unsafe event.data.scalar
      unsafe try Self.refuse(anchor: scalar.anchor, line)
      let text = unsafe String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      return unsafe Event(
        kind: .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE), tag: Self.tag(scalar.tag), line: line)
    case YAML_SEQUENCE_START_EVENT:
      unsafe try Self.refuse(anchor: event.data.sequence_start.anchor, line)
      return unsafe Event(kind: .sequenceStart, tag: Self.tag(event.data.sequence_start.tag), line: line)
    case YAML_MAPPING_START_EVENT:
      unsafe try Self.refuse(anchor: event.data.mapping_start.anchor, line)
      return unsafe Event(kind: .mappingStart, tag: Self.tag(event.data.mapping_start.tag), line: line)
    case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnd, line: line)
    case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, line: line)
    case YAML_STREAM_END_EVENT: return Event(kind: .streamEnd, line: line)
    case YAML_ALIAS_EVENT: throw TemplateError("CloudFormation takes no YAML aliases", line: line)
    default: return Event(kind: .other, line: line)
    }
  }

  private static func refuse(anchor: UnsafeMutablePointer<yaml_char_t>?, _ line: Int) throws(TemplateError) {
    if unsafe anchor != nil { throw TemplateError("CloudFormation takes no YAML anchors", line: line) }
  }

  private static func tag(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    unsafe text.map { unsafe String(cString: $0) }
  }

  // MARK: Values

  private mutating func value(_ event: Event, depth: Int) throws(TemplateError) -> TemplateValue {
    guard depth < Self.depthLimit else {
      throw TemplateError("values are nested deeper than \(Self.depthLimit)", line: event.line)
    }
    let kind: TemplateValue.Kind
    switch event.kind {
    case .scalar(let text, let isPlain):
      let isText = !isPlain || event.tag != nil
      kind = isText ? .string(text) : Self.plain(text)
    case .sequenceStart:
      var elements: [TemplateValue] = []
      while true {
        let next = try next()
        if case .sequenceEnd = next.kind { break }
        elements.append(try value(next, depth: depth + 1))
      }
      kind = .array(elements)
    case .mappingStart: kind = try object(depth)
    case .sequenceEnd, .mappingEnd, .streamEnd, .other:
      throw TemplateError("a value is missing", line: event.line)
    }
    guard let tag = event.tag, tag != "!", !tag.hasPrefix("tag:yaml.org,2002:") else {
      return TemplateValue(kind, line: event.line)
    }
    return TemplateValue(
      Self.call(String(tag.dropFirst()), TemplateValue(kind, line: event.line)), line: event.line)
  }

  private static func call(_ name: String, _ argument: TemplateValue) -> TemplateValue.Kind {
    guard name == "GetAtt", case .string(let text) = argument.kind else { return .call(name, argument) }
    // Both parts in one text.
    let parts = text.split(separator: ".", maxSplits: 1).map { TemplateValue(.string(String($0)), line: argument.line) }
    return .call(name, TemplateValue(.array(parts), line: argument.line))
  }

  private mutating func object(_ depth: Int) throws(TemplateError) -> TemplateValue.Kind {
    var members: [TemplateValue.Member] = []
    var names: Set<String> = []
    while true {
      let key = try next()
      if case .mappingEnd = key.kind { break }
      guard case .scalar(let name, _) = key.kind else { throw TemplateError("a key is no text", line: key.line) }
      guard name != "<<" else { throw TemplateError("CloudFormation takes no YAML merges", line: key.line) }
      guard names.insert(name).inserted else { throw TemplateError("'\(name)' stands here twice", line: key.line) }
      members.append(.init(name: name, value: try value(try next(), depth: depth + 1)))
    }
    if members.count == 1, let only = members.first {
      if only.name == "Ref" { return .call("Ref", only.value) }
      if only.name.hasPrefix("Fn::") { return Self.call(String(only.name.dropFirst(4)), only.value) }
    }
    return .object(members)
  }

  private static func plain(_ text: String) -> TemplateValue.Kind {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default:
      let looksNumeric = text.utf8.first.map { (48...57).contains($0) || $0 == 45 || $0 == 43 || $0 == 46 } ?? false
      return looksNumeric && Double(text) != nil ? .number(text) : .string(text)
    }
  }
}
