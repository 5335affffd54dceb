import CGlibcCompat
public import CacheSupport
public import HTTPTransport

/// A function's code: an event in, an answer out, both JSON.
public protocol LambdaHandler: Sendable {
  /// - Parameter event: the payload as it came; may be empty.
  /// - Throws: anything; it is reported as the invocation's error, and the next event follows.
  func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8]
}

/// The loop behind `bootstrap`: asks Lambda's Runtime API for events and gives back answers.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
public struct LambdaRuntime: Sendable {
  private let base: String
  private let http: any HTTPClient
  private let logger: LambdaLogger

  /// The answer that Lambda takes: 6 MB and a little.
  public static let responseLimit: Int = 6_291_556

  /// - Parameter api: the Runtime API's `host:port`, from `AWS_LAMBDA_RUNTIME_API`.
  public init(api: String, http: any HTTPClient, logger: LambdaLogger) {
    base = "http://\(api)/2018-06-01/runtime"
    self.http = http
    self.logger = logger
  }

  /// Builds the handler and serves events until the Runtime API goes away.
  ///
  /// - Parameter makeHandler: what it throws is the init error, such as a missing variable's name.
  /// - Returns: the process's exit status, which is never 0: Lambda ends a function by ending its process.
  public static func run(
    environment: ProcessEnvironment = .process(),
    makeHandler: (ProcessEnvironment, any HTTPClient, LambdaLogger) async throws -> any LambdaHandler
  ) async -> Int32 {
    returnLargeBlocks()
    let logger = LambdaLogger(environment: environment)
    guard let api = environment["AWS_LAMBDA_RUNTIME_API"] else {
      logger.error("AWS_LAMBDA_RUNTIME_API is not set: this program runs on Lambda or under the local cloud", [:])
      return 1
    }
    let http = CurlClient(environment: environment)
    let runtime = LambdaRuntime(api: api, http: http, logger: logger)
    let handler: any LambdaHandler
    do {
      handler = try await makeHandler(environment, http, logger)
    } catch {
      logger.error("init failed", ["error": .string("\(error)")])
      await runtime.reportInitError(error)
      return 1
    }
    return await http.onTransferThread { await runtime.serve(handler) }
  }

  /// Lets freed bodies of a megabyte and more go back to the system.
  ///
  /// After the first one is freed, glibc would keep blocks of that size for later, and the buffers that a body outgrows
  /// would add up: eight bodies of 8 MiB then hold 127 MB instead of 65.
  static func returnLargeBlocks() { _ = cglibc_map_blocks_from(1 << 20) }

  /// Serves events, one at a time, until `next` gives none.
  public func serve(_ handler: any LambdaHandler) async -> Int32 {
    while true {
      do {
        guard let (event, context) = try await next() else { return 1 }
        await answer(event, context, handler)
      } catch {
        // Lambda is gone, or asks a runtime that it cannot serve to end: either way this process is over.
        logger.error("the Runtime API gave no event", ["error": .string("\(error)")])
        return 1
      }
    }
  }

  private func next() async throws(HTTPError) -> (event: [UInt8], context: LambdaContext)? {
    let response = try await http.send(
      HTTPRequest(url: base + "/invocation/next", timeout: nil, responseLimit: 16 << 20, bypassesProxy: true))
    guard response.status == 200, let context = LambdaContext(headers: response.headers, logger: logger) else {
      logger.error("the Runtime API refused", ["status": .integer(response.status)])
      return nil
    }
    return (response.body, context)
  }

  private func answer(_ event: [UInt8], _ context: LambdaContext, _ handler: any LambdaHandler) async {
    let path = "/invocation/" + context.requestID
    do {
      let answer = try await LambdaLogger.$invocation.withValue(context.requestID) {
        try await handler.handle(event, context)
      }
      let response = try await post(path + "/response", answer)
      if response.status == 413 {
        context.logger.error("the answer is larger than Lambda takes", ["bytes": .integer(answer.count)])
      } else if response.status != 202 {
        context.logger.error("the Runtime API refused the answer", ["status": .integer(response.status)])
      }
    } catch {
      context.logger.error("the invocation failed", ["error": .string("\(error)")])
      await report(error, to: path + "/error")
    }
  }

  private func reportInitError(_ error: any Error) async { await report(error, to: "/init/error") }

  private func report(_ error: any Error, to path: String) async {
    let type = "Function.\(Swift.type(of: error))"
    let body: JSON = ["errorMessage": .string("\(error)"), "errorType": .string(type), "stackTrace": []]
    do {
      _ = try await post(path, body.bytes, ["Lambda-Runtime-Function-Error-Type": type])
    } catch {
      logger.error("the error could not be reported", ["error": .string("\(error)")])
    }
  }

  private func post(_ path: String, _ body: [UInt8], _ headers: HTTPHeaders = [:]) async throws(HTTPError)
    -> HTTPResponse
  {
    var headers = headers
    headers["Content-Type"] = "application/json"
    return try await http.send(
      HTTPRequest(
        method: "POST", url: base + path, headers: headers, body: body, timeout: .seconds(30), bypassesProxy: true))
  }
}

/// What Lambda says of one invocation.
public struct LambdaContext: Sendable {
  /// What Lambda calls the invocation; its log lines carry it.
  public var requestID: String
  /// When Lambda kills the process, epoch milliseconds.
  public var deadline: Int64
  /// The function's ARN, with the version or alias that was invoked; empty where there is none.
  public var functionARN: String
  /// The X-Ray trace; nil where there is none.
  public var traceID: String?
  /// Writes lines that carry the request's id.
  public var logger: LambdaLogger

  /// A context of a program's or test's own.
  ///
  /// - Parameter deadline: epoch milliseconds.
  public init(
    requestID: String, deadline: Int64, functionARN: String = "", traceID: String? = nil, logger: LambdaLogger
  ) {
    self.requestID = requestID
    self.deadline = deadline
    self.functionARN = functionARN
    self.traceID = traceID
    self.logger = logger.with(requestID: requestID)
  }

  /// Reads the `Lambda-Runtime-…` headers; nil where the request's id is missing.
  init?(headers: HTTPHeaders, logger: LambdaLogger) {
    guard let id = headers["Lambda-Runtime-Aws-Request-Id"] else { return nil }
    self.init(
      requestID: id, deadline: headers["Lambda-Runtime-Deadline-Ms"].flatMap { Int64($0) } ?? .max,
      functionARN: headers["Lambda-Runtime-Invoked-Function-Arn"] ?? "", traceID: headers["Lambda-Runtime-Trace-Id"],
      logger: logger)
  }
}
