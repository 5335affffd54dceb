import CacheSupport
import SQLiteStore

/// An operation of a service: reads its input, and says what is then to be done where.
///
/// `begin` runs on one of the request threads, without the storage: it parses and checks, and waits for nothing. What it gives back runs
/// on a connection, or waits as a task. So no transaction waits for a request to be read, and no request thread for the writer.
struct Operation: Sendable {
  var name: String
  var begin: @Sendable (OperationRequest) throws(ServiceError) -> Step

  /// What is left to do once the input is read.
  enum Step: Sendable {
    case answer(Answer)
    /// Runs on a reader, in a transaction of its own: it sees one state of the storage, and waits for no writer.
    case reading(@Sendable (Connection) throws(ServiceError) -> Answer)
    /// Runs on the writer, in a transaction that an error rolls back. The answer goes out once it is committed.
    case writing(@Sendable (Connection) throws(ServiceError) -> Answer)
    /// Waits for others: a long poll, a query, a function. Cancelled where the client goes or the cloud ends.
    case waiting(@Sendable () async throws(ServiceError) -> Answer)
    /// As ``writing(_:)``, for what may find that it has to wait.
    case trying(@Sendable (Connection) throws(ServiceError) -> Attempt)
  }

  /// What a try gave: an answer, or work as in ``Step/waiting(_:)``. Both begin once the transaction holds.
  enum Attempt: Sendable {
    /// Runs on one of the request threads, so that no other write waits while the answer is written.
    case answer(@Sendable () -> Answer)
    case waiting(@Sendable () async throws(ServiceError) -> Answer)
  }

  init(_ name: String, _ begin: @escaping @Sendable (OperationRequest) throws(ServiceError) -> Step) {
    self.name = name
    self.begin = begin
  }
}

extension Operation.Step {
  /// Does what is left, while the thread waits. For what has a thread of its own; requests go through ``FrontDoor``.
  ///
  /// - Throws: what the step throws, and ServiceUnavailableException for one that waits for others.
  func run(in storage: Storage) throws(ServiceError) -> JSON {
    let answer: Answer
    switch self {
    case .answer(let done): answer = done
    case .reading(let body): answer = try storage.read(body)
    case .writing(let body): answer = try storage.writeAndWait(body)
    case .waiting, .trying: throw .unavailable("what waits for others cannot run here")
    }
    answer.afterCommit?()
    if let refusal = answer.refusal { throw refusal }
    return answer.body.isEmpty ? .null : try storing { try JSON(parsing: answer.body) }
  }
}

/// A request whose signature is right.
struct OperationRequest: Sendable {
  var http: ServerRequest

  var body: [UInt8] { http.body }

  /// The body as a tree, for what carries no rows.
  ///
  /// - Throws: SerializationException for a body that is no JSON object.
  func input() throws(ServiceError) -> Input {
    guard let json = try? JSON(parsing: body), let object = json.object else {
      throw .coral("SerializationException")
    }
    return Input(object)
  }
}

/// What an operation answers.
struct Answer: Sendable {
  /// JSON.
  var body: [UInt8]
  /// Runs once the transaction holds, before the answer goes out: tells those who wait.
  var afterCommit: (@Sendable () -> Void)?
  /// An error that is answered although what was written stays; an error that is thrown undoes it.
  var refusal: ServiceError?

  /// An answer whose bytes are written already.
  init(bytes: [UInt8], afterCommit: (@Sendable () -> Void)? = nil) {
    body = bytes
    self.afterCommit = afterCommit
  }

  init(_ json: JSON, afterCommit: (@Sendable () -> Void)? = nil) {
    self.init(bytes: json.bytes, afterCommit: afterCommit)
  }

  /// An error after which what was written stays, such as that of WriteRecords for those records that it did not take.
  init(refusing refusal: ServiceError) {
    self.init(bytes: [])
    self.refusal = refusal
  }
}
