import HTTPTransport
import Synchronization
import TestSupport

/// Sends requests on and loses answers: the server has done what it was asked, and nobody hears of it.
final class LossyHTTP: HTTPClient {
  private let real: any HTTPClient
  private let loses: @Sendable (_ write: Int) -> Bool
  private let writes = Atomic(0)

  /// - Parameter loses: gets the number of a request that writes, from 0.
  init(_ real: any HTTPClient, loses: @escaping @Sendable (_ write: Int) -> Bool) {
    self.real = real
    self.loses = loses
  }

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let response = try await real.send(request)
    if request.writes, loses(writes.add(1, ordering: .relaxed).oldValue) {
      throw HTTPError(.connectionLost, "the answer was lost")
    }
    return response
  }
}

/// Holds the first request that writes until a gate opens, and tells when it is held.
struct HoldingHTTP: HTTPClient {
  let real: any HTTPClient
  let isHeld: Gate
  let mayGo: Gate

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    if request.writes {
      isHeld.open()
      await mayGo.wait()
    }
    return try await real.send(request)
  }
}

/// Answers as a server that has failed, once it is told to.
final class FailingHTTP: HTTPClient {
  private let real: any HTTPClient
  let fails = Atomic(false)

  init(_ real: any HTTPClient) { self.real = real }

  func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    if fails.load(ordering: .relaxed) { throw HTTPError(.connectionLost, "the server is gone") }
    return try await real.send(request)
  }
}

extension HTTPRequest {
  /// True for what changes rows, in the words of each store's server.
  fileprivate var writes: Bool {
    if url.contains("/write?") { return true }
    guard let target = headers["X-Amz-Target"] else { return false }
    return ["WriteRecords", "PutItem", "UpdateItem", "BatchWriteItem", "TransactWriteItems"].contains {
      target.hasSuffix("." + $0)
    }
  }
}
