import CCurl
import Glibc

/// Owns one `CURL *`. It lives on the loop's thread alone, which uses it for one exchange after the other.
@safe final class EasyHandle {
  let pointer: UnsafeMutableRawPointer

  init?() {
    guard let pointer = unsafe curl_easy_init() else { return nil }
    unsafe self.pointer = unsafe pointer
  }

  deinit { unsafe curl_easy_cleanup(pointer) }

  /// Forgets every option, and with them the request's body and address.
  func reset() { unsafe curl_easy_reset(pointer) }

  /// Sets everything that a request needs.
  ///
  /// - Parameters:
  ///   - headers: read by libcurl until the exchange ends.
  ///   - context: handed to the callbacks.
  /// - Returns: false where libcurl refuses an option.
  func configure(
    _ request: HTTPRequest, headers: borrowing HeaderList, caBundle: String?, context: UnsafeMutableRawPointer
  ) -> Bool {
    var isAccepted = true
    func check(_ code: CURLcode) { isAccepted = isAccepted && code == CURLE_OK }
    func set(_ option: CURLoption, _ value: Int) { unsafe check(ccurl_set_long(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: String) { unsafe check(ccurl_set_string(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) {
      unsafe check(ccurl_set_pointer(pointer, option, value))
    }
    set(CURLOPT_URL, request.url)
    set(CURLOPT_PROTOCOLS_STR, "http,https")
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_TCP_KEEPALIVE, 1)
    set(CURLOPT_PATH_AS_IS, 1)
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    unsafe check(ccurl_set_list(pointer, CURLOPT_HTTPHEADER, headers.first))
    unsafe check(ccurl_set_socket_callback(pointer, openSocket))
    unsafe check(ccurl_set_data_callback(pointer, CURLOPT_WRITEFUNCTION, receiveBody))
    unsafe check(ccurl_set_data_callback(pointer, CURLOPT_HEADERFUNCTION, receiveHeader))
    for option in [CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_PRIVATE] { unsafe set(option, context) }
    if let caBundle { set(CURLOPT_CAINFO, caBundle) }
    if request.bypassesProxy || isLoopback(host: request.url.host) { set(CURLOPT_NOPROXY, "*") }
    if request.acceptsCompression { set(CURLOPT_ACCEPT_ENCODING, "") }
    if let timeout = request.timeout {
      // libcurl takes no more than 24 days.
      let milliseconds = Int(min(max(1, timeout / .milliseconds(1)), Double(Int32.max)))
      set(CURLOPT_TIMEOUT_MS, milliseconds)
      set(CURLOPT_CONNECTTIMEOUT_MS, min(milliseconds, 10_000))
    }
    switch request.method {
    case "GET" where request.body.isEmpty: break
    case "HEAD": set(CURLOPT_NOBODY, 1)
    case "DELETE" where request.body.isEmpty: set(CURLOPT_CUSTOMREQUEST, "DELETE")
    default:
      set(CURLOPT_CUSTOMREQUEST, request.method)
      unsafe check(ccurl_set_offset(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count)))
      // libcurl sends 64 KB at a time unless told otherwise.
      if request.body.count > 64 << 10 { set(CURLOPT_UPLOAD_BUFFERSIZE, min(request.body.count, 512 << 10)) }
      unsafe request.body.withUnsafeBytes { bytes in
        // An empty array may have no address, and libcurl would read a body from standard input for a null one.
        let text = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        if let text = unsafe text {
          unsafe check(ccurl_set_string(pointer, CURLOPT_COPYPOSTFIELDS, text))
        } else {
          set(CURLOPT_COPYPOSTFIELDS, "")
        }
      }
    }
    return isAccepted
  }

  var status: Int {
    var status = 0
    _ = unsafe ccurl_get_long(pointer, CURLINFO_RESPONSE_CODE, &status)
    return status
  }

  /// What `Content-Length` announces; nil where it does not.
  var announcedLength: Int? {
    var length: curl_off_t = -1
    _ = unsafe ccurl_get_offset(pointer, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length)
    return length < 0 ? nil : Int(length)
  }
}

/// Owns libcurl's list of header lines, with the lines themselves in one piece of memory.
@safe struct HeaderList: ~Copyable {
  let first: UnsafeMutablePointer<curl_slist>
  private let text: UnsafeMutablePointer<CChar>

  /// What libcurl would add by itself and must not: a wait for `100 Continue`, and a form's type.
  private static let removals: [String] = ["Expect:", "Content-Type:"]

  init(_ headers: HTTPHeaders) {
    let removals = Self.removals.prefix(headers["content-type"] == nil ? 2 : 1)
    let size =
      headers.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 3 }
      + removals.reduce(0) { $0 + $1.utf8.count + 1 }
    let count = headers.fields.count + removals.count
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: size)
    let lines = UnsafeMutablePointer<curl_slist>.allocate(capacity: count)
    var (end, line) = (0, 0)
    func append(_ part: String) {
      for byte in part.utf8 {
        unsafe text[end] = CChar(bitPattern: byte)
        end += 1
      }
    }
    func endLine(from start: Int) {
      unsafe text[end] = 0
      end += 1
      unsafe (lines + line).initialize(
        to: curl_slist(data: text + start, next: line + 1 < count ? lines + line + 1 : nil))
      line += 1
    }
    for field in headers.fields {
      let start = end
      append(field.name)
      // libcurl drops a header whose value is empty unless its line ends in a semicolon.
      append(field.value.isEmpty ? ";" : ": ")
      append(field.value)
      endLine(from: start)
    }
    for removal in removals {
      let start = end
      append(removal)
      endLine(from: start)
    }
    unsafe self.text = unsafe text
    unsafe first = unsafe lines
  }

  deinit {
    unsafe text.deallocate()
    unsafe first.deallocate()
  }
}

/// A child process gets none of our connections.
private func openSocket(
  _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  guard let address = unsafe address?.pointee else { return CURL_SOCKET_BAD }
  return socket(address.family, address.socktype | Int32(SOCK_CLOEXEC.rawValue), address.protocol)
}

private func receiveBody(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
  return unsafe transfer.receive(body: bytes.bindMemory(to: UInt8.self)) ? size * count : 0
}

private func receiveHeader(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
  guard let context = unsafe context else { return 0 }
  let transfer = unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  let bytes = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
  return unsafe transfer.receive(header: bytes.bindMemory(to: UInt8.self)) ? size * count : 0
}
