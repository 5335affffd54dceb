internal import CZlib

/// Owns one of zlib's streams, which packs or unpacks gzip (RFC 1952) alone: neither raw deflate nor zlib's own format.
@safe struct ZStream: ~Copyable {
  enum Direction { case pack, unpack }

  /// On the heap: the stream's tables point back at it, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let direction: Direction

  init(_ direction: Direction) throws(GzipError) {
    self.direction = direction
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let size = Int32(unsafe MemoryLayout<z_stream>.size)
    // The largest window; 16 says gzip.
    let window: Int32 = 15 + 16
    let result =
      switch direction {
      case .pack:
        unsafe deflateInit2_(
          stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
      case .unpack: unsafe inflateInit2_(stream, window, ZLIB_VERSION, size)
      }
    // A stream that did not begin has nothing to end: `deinit` is told so by its missing state.
    guard result == Z_OK else { throw .outOfMemory }
  }

  deinit {
    // Z_STREAM_ERROR for one that never began.
    switch direction {
    case .pack: _ = unsafe deflateEnd(stream)
    case .unpack: _ = unsafe inflateEnd(stream)
    }
    unsafe stream.deinitialize(count: 1)
    unsafe stream.deallocate()
  }

  /// Reads on and fills a buffer from its start, until either ends.
  ///
  /// - Parameter isLast: true where no input comes after this, so that packing is to end.
  mutating func step(
    _ input: Span<UInt8>, into output: inout [UInt8], isLast: Bool = false
  ) -> (result: Int32, read: Int, written: Int) {
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        let (available, room) = (UInt32(clamping: input.count), UInt32(clamping: output.count))
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = available
        unsafe stream.pointee.next_out = output.baseAddress
        unsafe stream.pointee.avail_out = room
        let result =
          switch direction {
          case .pack: unsafe deflate(stream, isLast && input.count == Int(available) ? Z_FINISH : Z_NO_FLUSH)
          case .unpack: unsafe inflate(stream, Z_NO_FLUSH)
          }
        return unsafe (
          result, Int(available - stream.pointee.avail_in), Int(room - stream.pointee.avail_out)
        )
      }
    }
  }

  /// Begins with the next member of the input.
  mutating func restart() throws(GzipError) {
    guard unsafe inflateReset(stream) == Z_OK else { throw .corrupt("the stream cannot begin again") }
  }

  /// What zlib says of the last error.
  var message: String { unsafe stream.pointee.msg.map { unsafe String(cString: $0) } ?? "unknown error" }
}
