import CCurl

/// Owns one `CURL *`.
@safe struct EasyHandle: ~Copyable {
  let pointer: UnsafeMutableRawPointer

  init?() {
    guard let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = unsafe pointer
  }

  deinit { unsafe curl_easy_cleanup(pointer) }
}

/// Owns one `curl_slist`, libcurl's list of header lines.
@safe struct HeaderList: ~Copyable {
  private(set) var pointer: UnsafeMutablePointer<curl_slist>?

  init() { unsafe pointer = nil }

  mutating func append(_ line: String) { unsafe pointer = unsafe curl_slist_append(pointer, line) }

  deinit { unsafe curl_slist_free_all(pointer) }
}

/// One exchange while it runs. It lives on the loop's thread alone.
final class Transfer {
  let submission: Submission
  let easy: EasyHandle
  private var headerList = HeaderList()
  private var body: [UInt8] = []
  private var headers = HTTPHeaders()
  private var headerBytes = 0
  private var passedLimit = false

  /// All header lines together; more is an attack or a fault.
  private static let headerLimit = 256 << 10

  init?(_ submission: Submission, caBundle: String?) {
    guard let easy = EasyHandle() else { return nil }
    self.submission = submission
    self.easy = easy
    guard configure(submission.request, caBundle: caBundle) else { return nil }
  }

  private func configure(_ request: HTTPRequest, caBundle: String?) -> Bool {
    for field in request.headers.fields {
      // libcurl drops a header whose value is empty unless its line ends in a semicolon.
      headerList.append(field.value.isEmpty ? field.name + ";" : "\(field.name): \(field.value)")
    }
    headerList.append("Expect:")
    if request.headers["content-type"] == nil { headerList.append("Content-Type:") }
    let easy = unsafe self.easy.pointer
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    var results: [CURLcode] = []
    unsafe results.append(ccurl_set_string(easy, CURLOPT_URL, request.url))
    unsafe results.append(ccurl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
    unsafe results.append(ccurl_set_long(easy, CURLOPT_NOSIGNAL, 1))
    unsafe results.append(ccurl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1))
    unsafe results.append(ccurl_set_long(easy, CURLOPT_PATH_AS_IS, 1))
    unsafe results.append(ccurl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)))
    unsafe results.append(ccurl_set_long(easy, CURLOPT_SSL_VERIFYPEER, 1))
    unsafe results.append(ccurl_set_long(easy, CURLOPT_SSL_VERIFYHOST, 2))
    unsafe results.append(ccurl_set_list(easy, CURLOPT_HTTPHEADER, headerList.pointer))
    unsafe results.append(ccurl_set_data_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody))
    unsafe results.append(ccurl_set_pointer(easy, CURLOPT_WRITEDATA, context))
    unsafe results.append(ccurl_set_data_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader))
    unsafe results.append(ccurl_set_pointer(easy, CURLOPT_HEADERDATA, context))
    if let caBundle { unsafe results.append(ccurl_set_string(easy, CURLOPT_CAINFO, caBundle)) }
    if request.bypassesProxy || isLoopback(host: request.url.host) {
      unsafe results.append(ccurl_set_string(easy, CURLOPT_NOPROXY, "*"))
    }
    if request.acceptsCompression { unsafe results.append(ccurl_set_string(easy, CURLOPT_ACCEPT_ENCODING, "")) }
    if let timeout = request.timeout {
      let milliseconds = max(1, Int(timeout / .milliseconds(1)))
      unsafe results.append(ccurl_set_long(easy, CURLOPT_TIMEOUT_MS, milliseconds))
      unsafe results.append(ccurl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000)))
    }
    switch request.method {
    case "GET" where request.body.isEmpty: break
    case "HEAD": unsafe results.append(ccurl_set_long(easy, CURLOPT_NOBODY, 1))
    case "DELETE" where request.body.isEmpty:
      unsafe results.append(ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, "DELETE"))
    default:
      unsafe results.append(ccurl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method))
      unsafe results.append(ccurl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
      unsafe request.body.withUnsafeBytes { bytes in
        // An empty array may have no address, and libcurl would read a body from standard input for a null one.
        let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        if let text = unsafe text {
          unsafe results.append(ccurl_set_string(easy, CURLOPT_COPYPOSTFIELDS, text))
        } else {
          unsafe results.append(ccurl_set_string(easy, CURLOPT_COPYPOSTFIELDS, ""))
        }
      }
    }
    return results.allSatisfy { $0 == CURLE_OK }
  }

  fileprivate func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
    guard body.count + bytes.count <= submission.request.responseLimit else {
      passedLimit = true
      return false
    }
    unsafe body.append(contentsOf: bytes)
    return true
  }

  fileprivate func receive(header bytes: UnsafeRawBufferPointer) -> Bool {
    headerBytes += bytes.count
    guard headerBytes <= Self.headerLimit else {
      passedLimit = true
      return false
    }
    let line = unsafe String(decoding: bytes, as: UTF8.self)
    // A status line opens a new block: an interim answer (100, 103) came before.
    if line.hasPrefix("HTTP/") {
      headers.removeAll()
    } else if let colon = line.firstIndex(of: ":") {
      headers.add(
        String(line[..<colon]), line[line.index(after: colon)...].trimmed)
    }
    return true
  }

  func result(_ code: CURLcode) -> Result<HTTPResponse, HTTPError> {
    guard code == CURLE_OK else { return .failure(error(code)) }
    var status = 0
    _ = unsafe ccurl_get_long(easy.pointer, CURLINFO_RESPONSE_CODE, &status)
    return .success(HTTPResponse(status: status, headers: headers, body: body))
  }

  private func error(_ code: CURLcode) -> HTTPError {
    let host = submission.request.url.host
    let limit = submission.request.responseLimit
    if passedLimit { return HTTPError(.tooLarge, "the answer of \(host) is larger than \(limit) bytes") }
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

private func receiveBody(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  return unsafe transfer.receive(body: UnsafeRawBufferPointer(start: data, count: size * count)) ? size * count : 0
}

private func receiveHeader(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  return unsafe transfer.receive(header: UnsafeRawBufferPointer(start: data, count: size * count)) ? size * count : 0
}

extension String {
  /// The host and port of a URL, which may stand in a message; the rest may hold keys.
  fileprivate var host: String {
    guard let scheme = firstRange(of: "://") else { return "the host" }
    let authority = self[scheme.upperBound...].prefix { !"/?#".contains($0) }
    return String(authority.split(separator: "@").last ?? "the host")
  }
}

extension Substring {
  fileprivate var trimmed: String {
    var text = self
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
