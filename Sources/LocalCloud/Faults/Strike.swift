import CacheSupport

/// What strikes one request.
struct Strike: Sendable {
  var delay: Duration = .zero
  /// nil only delays it.
  var ending: Ending?

  enum Ending: Sendable {
    case error(ServiceError)
    case dropBefore, dropAfter
    case batch(BatchFault, FaultChoice)
  }

  mutating func add(_ fault: BatchFault?, _ choice: FaultChoice) {
    if let fault { ending = .batch(fault, choice) }
  }

  /// The operation as it is run for this request.
  func operation(_ operation: Operation) -> Operation {
    guard case .batch(let fault, let choice) = ending else { return operation }
    return operation.struck(by: fault, choice)
  }

  /// Serves the request.
  ///
  /// - Parameters:
  ///   - threads: where it goes on after a delay. Until then no thread waits.
  ///   - failure: writes an error.
  ///   - serve: does what the request asks for, and answers.
  func serve(
    _ respond: ServerReply.Responder, on threads: RequestThreads,
    failure: @escaping @Sendable (ServiceError) -> ServerResponse,
    _ serve: @escaping @Sendable (ServerReply.Responder) -> Void
  ) {
    let end = { @Sendable [ending] (respond: ServerReply.Responder) in
      switch ending {
      case .error(let error): respond.now(failure(error))
      case .dropBefore: respond.now(.dropped)
      case .dropAfter: serve(respond.changing { _ in .dropped })
      case .batch, nil: serve(respond)
      }
    }
    guard delay > .zero else { return end(respond) }
    respond.later { [delay] in
      do { try await Task.sleep(for: delay) } catch {
        // The client has gone, or the cloud ends: nothing is begun any more.
        return failure(.unavailable("the local cloud is stopping"))
      }
      return await ServerReply.soon { respond in threads.run { end(respond) } }.response()
    }
  }
}

extension ServerReply.Responder {
  /// The same responder with another answer.
  func changing(_ change: @escaping @Sendable (ServerResponse) -> ServerResponse) -> Self {
    Self(answer: { answer(change($0)) }, work: { body in work { change(await body()) } })
  }

  /// The same responder, whose answers have the date of a clock that is off.
  ///
  /// - Parameters:
  ///   - skew: milliseconds; 0 changes nothing.
  ///   - now: epoch milliseconds.
  func skewed(by skew: Int64, now: Int64) -> Self {
    guard skew != 0 else { return self }
    return changing { response in
      var response = response
      response.headers.append(("Date", HTTPDate.text(epochSeconds: (now + skew) / 1000)))
      return response
    }
  }
}

extension Faults {
  /// The reply of a path to a request, unless a fault on purpose strikes it.
  func reply(
    _ service: String, _ operation: String, resource: String, errors: ErrorFormat,
    _ reply: @escaping @Sendable () throws(ServiceError) -> ServerReply
  ) throws(ServiceError) -> ServerReply {
    guard let strike = strike(service, operation, resource: resource) else { return try reply() }
    return .soon { [threads] respond in
      strike.serve(respond, on: threads) {
        errors.response(to: $0)
      } _: { respond in
        do throws(ServiceError) { try reply().pass(to: respond) } catch { respond.now(errors.response(to: error)) }
      }
    }
  }
}

extension ServerReply {
  /// The reply of a service whose clock is off; also its errors have that date.
  static func skewed(
    by skew: Int64, now: Int64, errors: ErrorFormat,
    _ reply: @escaping @Sendable () throws(ServiceError) -> ServerReply
  ) throws(ServiceError) -> ServerReply {
    guard skew != 0 else { return try reply() }
    return .soon { respond in
      let respond = respond.skewed(by: skew, now: now)
      do throws(ServiceError) { try reply().pass(to: respond) } catch { respond.now(errors.response(to: error)) }
    }
  }

  /// Waits for the answer; what is cancelled then is the work.
  func response() async -> ServerResponse {
    switch self {
    case .now(let response): return response
    case .later(let work): return await work()
    case .soon(let start):
      // Either is the answer, or where the answer comes from.
      let (replies, found) = AsyncStream.makeStream(of: ServerReply.self)
      start(
        Responder(
          answer: {
            found.yield(.now($0)); found.finish()
          },
          work: {
            found.yield(.later($0)); found.finish()
          }))
      // Not cut short where the task is cancelled: what has begun is waited for.
      let reply = await Task { await replies.first { _ in true } }.value
      return await reply?.response() ?? .isStopping
    }
  }
}
