public import CacheSupport
import Glibc
import Synchronization

/// HTTP over libcurl: one thread runs every transfer, connections are kept and reused, HTTP/2 where TLS offers it.
///
/// Keep one for the process. Certificates are always verified. Releasing the last reference ends the thread; what is still
/// running then ends as cancelled.
public final class CurlClient: HTTPClient {
  private let executor: LoopExecutor
  private var loop: CurlLoop { executor.loop }

  /// - Parameter environment: `AWS_CA_BUNDLE` names the file of trusted certificates; without it the first of the usual
  ///   places that exists is taken, then libcurl's own default.
  public init(environment: ProcessEnvironment = .process()) {
    executor = LoopExecutor(CurlLoop(caBundle: Self.caBundle(environment)))
  }

  /// Sends a request and collects its whole answer.
  ///
  /// Cancelling the task ends the exchange at once.
  public func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
    if let fault = request.fault { throw HTTPError(.invalidRequest, fault) }
    let id = loop.newID()
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.submit(Submission(id: id, request: request, continuation: continuation))
      }
    } onCancel: {
      loop.cancel(id)
    }
    loop.forget(id)
    return try result.get()
  }

  /// Runs a body and its child tasks on the thread of the transfers, so that no answer has to change threads: most of what
  /// a small exchange costs.
  ///
  /// While the body computes, transfers wait. It is for a process that serves one request at a time.
  package func onTransferThread<Value: Sendable>(_ body: @Sendable () async -> Value) async -> Value {
    guard executor.isRunning else { return await body() }
    return await withTaskExecutorPreference(executor) {
      // A child task begins on the executor; a call may begin where the caller is.
      async let value = body()
      return await value
    }
  }

  /// How many libcurl handles were made so far.
  package var handleCount: Int { loop.handleCount.load(ordering: .relaxed) }

  /// Where distributions keep the bundle: Amazon Linux and Fedora, Debian, then others.
  static let usualBundles: [String] = [
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
  ]

  static func caBundle(_ environment: ProcessEnvironment) -> String? {
    environment["AWS_CA_BUNDLE"] ?? usualBundles.first { unsafe access($0, R_OK) == 0 }
  }
}

extension HTTPRequest {
  /// What would let one value break out into another line of the request.
  fileprivate var fault: String? {
    guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
      return "the URL must start with http:// or https://"
    }
    guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "the URL must be percent-encoded ASCII" }
    for field in headers.fields {
      let nameIsToken =
        !field.name.isEmpty && field.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
      guard nameIsToken, !field.value.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
        return "the header '\(field.name.prefix(40))' has a control character"
      }
    }
    return nil
  }
}

/// A request on its way to the thread.
struct Submission: Sendable {
  let id: UInt64
  let request: HTTPRequest
  let continuation: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>
}
