import AWSClients
import CacheSupport

/// The requests of a BatchWriteItem, read as they come.
struct WriteBatch {
  let tables: [TableRequests]
  let capacity: CapacityRequest
  let wantsCollections: Bool

  struct TableRequests {
    let nameAsGiven: String
    /// Those that could be read.
    var writes: [Write] = []
    /// How many there are in all.
    var count = 0

    var name: String { TableDescription.name(in: nameAsGiven) }
  }

  enum Write {
    case put(EncodedItem)
    /// By its key.
    case delete(EncodedItem)
  }

  /// The most requests.
  static let limit: Int = 25

  /// - Throws: what DynamoDB says of a batch that it does not take; whether the tables and keys are right is not looked at.
  init(_ body: [UInt8]) throws(ServiceError) {
    var reader = RequestReader()
    var tables: [TableRequests] = []
    var members = RequestMembers()
    do throws(JSONError) {
      var json = JSONReader(body.span)
      try json.beginObject()
      while try json.nextMember() {
        if json.isNamed("RequestItems"), try json.peek() == .object {
          tables = try reader.tables(&json)
          members.set("RequestItems", [:])
        } else {
          try members.read(&json)
        }
      }
      try json.end()
    } catch { throw .coral("SerializationException") }
    if let error = reader.formError { throw error }
    var input = Input(members.object)
    capacity = try CapacityRequest(&input)
    wantsCollections = try ItemCollections.isWanted(&input)
    _ = try input.object("RequestItems", required: true)
    if input.has("RequestItems") { Self.check(tables, &input) }
    for place in reader.missing { input.violate(place, nil, "not be null") }
    try input.check()
    if let error = reader.valueError { throw error }
    guard tables.reduce(0, { $0 + $1.count }) <= Self.limit else {
      throw .validation("Too many items requested for the BatchWriteItem call")
    }
    for case .put(let item) in tables.lazy.flatMap(\.writes) where item.size > DynamoDBService.itemLimit {
      throw .itemTooLarge
    }
    self.tables = tables
  }

  /// Notes names that no table can have.
  static func checkNames(_ names: [String], _ value: String, _ input: inout Input) {
    let areRight = names.allSatisfy { name in
      (3...1024).contains(name.utf8.count) && TableDescription.pattern.matches(name)
    }
    guard !areRight else { return }
    input.violate(
      "RequestItems", value,
      inFull:
        "Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 3, Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+]"
    )
  }

  private static func check(_ tables: [TableRequests], _ input: inout Input) {
    let lists = tables.map { "\($0.nameAsGiven)=\($0.count == 0 ? "[]" : "[\($0.count) requests]")" }
    let value = "{\(lists.joined(separator: ", "))}"
    if tables.isEmpty { input.violate("RequestItems", value, "have length greater than or equal to 1") }
    checkNames(tables.map(\.nameAsGiven), value, &input)
    if !tables.allSatisfy({ (1...limit).contains($0.count) }) {
      input.violate(
        "RequestItems", value,
        inFull:
          "Map value must satisfy constraint: [Member must have length less than or equal to 25, Member must have length greater than or equal to 1]"
      )
    }
  }
}

extension WriteBatch.TableRequests {
  /// The keys of the requests, in their order.
  ///
  /// - Throws: what DynamoDB says of a key that does not fit the table, or that comes twice.
  func keys(in table: TableDescription) throws(ServiceError) -> [ItemKey] {
    var keys: [ItemKey] = []
    keys.reserveCapacity(writes.count)
    for write in writes {
      switch write {
      case .put(let item):
        // A batch does not say what is wrong with an item's key, unlike PutItem.
        let hasKey = table.keys.allSatisfy { item.value(of: $0.encodedName)?.type == $0.type }
        guard hasKey else { throw .wrongKey }
        keys.append(try table.key(of: item, exact: false))
        try table.checkIndexKeys(of: item)
      case .delete(let key): keys.append(try table.key(of: key, exact: true))
      }
    }
    guard Set(keys).count == keys.count else { throw .duplicateKeys }
    return keys
  }
}

/// Reads the tables' requests. What is wrong is kept, for what the service's model says comes before it.
private struct RequestReader {
  /// Told before everything else.
  var formError: ServiceError?
  /// Told once the request's own members are right.
  var valueError: ServiceError?
  /// The places of members that must be there, those of the first tables and requests.
  var missing: [String] = []

  private mutating func fail(_ error: ServiceError) {
    if error.isSerialization { formError = formError ?? error } else { valueError = valueError ?? error }
  }

  mutating func tables(_ json: inout JSONReader) throws(JSONError) -> [WriteBatch.TableRequests] {
    var tables: [WriteBatch.TableRequests] = []
    var places: [ByteText: Int] = [:]
    try json.beginObject()
    while try json.nextMember() {
      let name = try json.memberName()
      var requests = WriteBatch.TableRequests(nameAsGiven: name)
      guard try json.peek() == .array else {
        fail(.serialization("Start of structure or map found where not expected"))
        try json.skip()
        continue
      }
      try json.beginArray()
      while try json.nextElement() {
        requests.count += 1
        // What is past the limits is refused for its number or its name, and costs no text for each element.
        let isTold = requests.count <= WriteBatch.limit && tables.count < WriteBatch.limit && name.utf8.count <= 1024
        let place = isTold ? "requestItems.\(name).member.\(requests.count).member" : nil
        if let write = try write(place, &json) { requests.writes.append(write) }
      }
      // Of a name that is repeated the last value counts.
      let place = places[ByteText(name), default: tables.count]
      places[ByteText(name)] = place
      if place < tables.count { tables[place] = requests } else { tables.append(requests) }
    }
    return tables
  }

  private mutating func write(
    _ place: String?, _ json: inout JSONReader
  ) throws(JSONError) -> WriteBatch.Write? {
    guard try json.peek() == .object else {
      fail(.serialization("Unexpected value type in payload"))
      try json.skip()
      return nil
    }
    var write: WriteBatch.Write?
    var count = 0
    try json.beginObject()
    while try json.nextMember() {
      let isPut = json.isNamed("PutRequest")
      guard isPut || json.isNamed("DeleteRequest"), try json.peek() == .object else {
        try json.skip()
        continue
      }
      count += 1
      guard let item = try item(isPut, &json) else {
        if let place, count == 1, formError == nil, valueError == nil {
          missing.append("\(place).\(isPut ? "putRequest.item" : "deleteRequest.key")")
        }
        continue
      }
      write = isPut ? .put(item) : .delete(item)
    }
    if count != 1 { fail(.severalTypes) }
    return write
  }

  private mutating func item(_ isPut: Bool, _ json: inout JSONReader) throws(JSONError) -> EncodedItem? {
    var item: EncodedItem?
    try json.beginObject()
    while try json.nextMember() {
      guard isPut ? json.isNamed("Item") : json.isNamed("Key"), try json.peek() == .object else {
        try json.skip()
        continue
      }
      switch try EncodedItem.read(&json) {
      case .success(let read): item = read
      case .failure(let fault): fail(fault.error)
      }
    }
    return item
  }
}
