public import HTTPTransport
import Synchronization

/// An HTTP client that answers from a closure and remembers what it was asked.
public final class FakeHTTP: HTTPClient {
  private let answer: @Sendable (HTTPRequest, Int) async -> Result<HTTPResponse, HTTPError>
  private let asked = Mutex<[HTTPRequest]>([])

  /// - Parameter answer: gets the request and its number, from 0.
  public init(_ answer: @escaping @Sendable (HTTPRequest, Int) async -> Result<HTTPResponse, HTTPError>) {
    self.answer = answer
  }

  /// Answers in turn; the last one again and again.
  public convenience init(_ answers: [Result<HTTPResponse, HTTPError>]) {
    self.init { _, index in answers[min(index, answers.count - 1)] }
  }

  public var requests: [HTTPRequest] { asked.withLock { $0 } }

  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    let index = asked.withLock { asked in
      asked.append(request)
      return asked.count - 1
    }
    return try await answer(request, index).get()
  }
}

extension HTTPResponse {
  public static func json(_ status: Int = 200, _ text: String, headers: HTTPHeaders = [:]) -> HTTPResponse {
    HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
  }
}
