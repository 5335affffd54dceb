import CCurl
import CacheSupport

/// One exchange while it runs. It lives on the loop's thread alone.
final class Transfer {
  let submission: Submission
  let easy: EasyHandle
  private let headerList: HeaderList
  private var body: [UInt8] = []
  private var headers = HTTPHeaders()
  private var headerBytes = 0
  private var passedLimit = false

  /// All header lines together; more is an attack or a fault.
  private static let headerLimit = 256 << 10

  init?(_ submission: Submission, easy: EasyHandle, caBundle: String?) {
    self.submission = submission
    self.easy = easy
    headerList = HeaderList(submission.request.headers)
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    guard unsafe easy.configure(submission.request, headers: headerList, caBundle: caBundle, context: context) else {
      return nil
    }
  }

  func receive(body bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let limit = submission.request.responseLimit
    guard body.count + bytes.count <= limit else {
      passedLimit = true
      return false
    }
    if body.isEmpty, let length = easy.announcedLength, length > bytes.count {
      // Only an address range: memory is taken as bytes arrive, so that a header that lies costs nothing.
      body.reserveCapacity(min(length, limit))
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  func receive(header bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.headerLimit else {
      passedLimit = true
      return false
    }
    if unsafe bytes.starts(with: "HTTP/".utf8) {
      // A status line opens a new block: an interim answer (100, 103) came before.
      headers.removeAll()
    } else if let colon = unsafe bytes.firstIndex(of: UInt8(ascii: ":")) {
      var (start, end) = (colon + 1, bytes.count)
      while start < end, unsafe ASCII.isBlank(bytes[start]) { start += 1 }
      while start < end, unsafe ASCII.isBlank(bytes[end - 1]) { end -= 1 }
      unsafe headers.add(
        String(decoding: bytes[..<colon], as: UTF8.self), String(decoding: bytes[start..<end], as: UTF8.self))
    }
    return true
  }

  /// Hands over what came, without a copy; to be asked once.
  func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
    guard code == CURLE_OK else { return .failure(error(code)) }
    var response = HTTPResponse(status: easy.status, headers: headers)
    swap(&response.body, &body)
    return .success(response)
  }

  private func error(_ code: CURLcode) -> HTTPError {
    let host = submission.request.url.host
    let limit = submission.request.responseLimit
    if passedLimit {
      var error = HTTPError(.tooLarge, "the answer of \(host) is larger than \(limit) bytes")
      error.headers = headers
      return error
    }
    let text = unsafe String(cString: curl_easy_strerror(code))
    switch code {
    case CURLE_OPERATION_TIMEDOUT:
      let wait = submission.request.timeout.map { "\($0)" } ?? "the limit"
      return HTTPError(.timedOut, "\(host) did not answer within \(wait)")
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_PROXY:
      return HTTPError(.cannotConnect, "cannot connect to \(host): \(text)")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
      return HTTPError(
        .untrusted, "the certificate of \(host) is not trusted: \(text); AWS_CA_BUNDLE can name another bundle")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL:
      return HTTPError(.invalidRequest, "the URL of the request to \(host) is malformed")
    default:
      return HTTPError(.connectionLost, "the exchange with \(host) broke off: \(text)")
    }
  }
}

extension String {
  /// The host and port of a URL, which may appear in a message; the rest may hold keys.
  var host: String {
    let bytes = utf8
    guard let scheme = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[scheme...].starts(with: "://".utf8) else {
      return "the host"
    }
    let authority = bytes[scheme...].dropFirst(3).prefix {
      $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
    }
    let start = authority.lastIndex(of: UInt8(ascii: "@")).map { authority.index(after: $0) } ?? authority.startIndex
    return String(Substring(authority[start...]))
  }
}
