import CMicroHTTPD
import Glibc

extension ServerResponse {
  /// A body up to here is copied, which costs less than an owner for it.
  private static let copiedBytes = 16 << 10
  /// A larger one goes out in pieces of this size, from where it is.
  private static let pieceBytes = 64 << 10

  /// Queues the response on a connection, which takes care of its memory.
  ///
  /// - Parameter isHead: whether only the length of the body is sent: the one that the response's own header tells, where it has one.
  func send(to connection: OpaquePointer, isHead: Bool) -> MHD_Result {
    // To the library, a refusal to answer.
    guard !isDropped else { return cmhd_no }
    let told = headers.first { $0.name.lowercased() == "content-length" }.flatMap { UInt64($0.value) }
    let response =
      if isHead, let told {
        // The library counts bytes for itself; of a HEAD's it asks for none.
        unsafe MHD_create_response_from_callback(told, 1, { _, _, _, _ in -1 }, nil, nil)
      } else if body.count > Self.copiedBytes {
        unsafe MHD_create_response_from_callback(
          UInt64(body.count), Self.pieceBytes, readBody, Unmanaged.passRetained(Body(body)).toOpaque(), releaseBody)
      } else {
        unsafe body.withUnsafeBytes { bytes in
          unsafe MHD_create_response_from_buffer(
            bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), cmhd_must_copy)
        }
      }
    guard let response = unsafe response else { return cmhd_no }
    defer { unsafe MHD_destroy_response(response) }
    for header in headers { _ = unsafe MHD_add_response_header(response, header.name, header.value) }
    return unsafe MHD_queue_response(connection, UInt32(clamping: status), response)
  }
}

/// Keeps a body until it is sent.
private final class Body: Sendable {
  let bytes: [UInt8]
  init(_ bytes: [UInt8]) { self.bytes = bytes }
}

private func readBody(
  _ owner: UnsafeMutableRawPointer?, _ position: UInt64, _ buffer: UnsafeMutablePointer<CChar>?, _ room: Int
) -> Int {
  guard let owner = unsafe owner, let buffer = unsafe buffer else { return -1 }
  let body = unsafe Unmanaged<Body>.fromOpaque(owner).takeUnretainedValue()
  let start = Int(clamping: position)
  let count = min(room, body.bytes.count - start)
  // Minus one is the end of the stream.
  guard count > 0 else { return -1 }
  unsafe body.bytes.withUnsafeBytes { bytes in
    unsafe UnsafeMutableRawBufferPointer(start: buffer, count: count).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]))
  }
  return count
}

private func releaseBody(_ owner: UnsafeMutableRawPointer?) {
  if let owner = unsafe owner { unsafe Unmanaged<Body>.fromOpaque(owner).release() }
}
