internal import CZlib

/// Owns one of zlib's streams, which packs or unpacks gzip (RFC 1952) or raw deflate (RFC 1951): not zlib's own format.
@safe struct ZStream: ~Copyable {
  enum Direction { case pack, unpack }

  /// What packing does for a part of the input.
  enum Effort {
    /// Looks for repetitions.
    case search
    /// Only gives short codes to what is frequent.
    case code
    /// Nothing.
    case store

    fileprivate var parameters: (level: Int32, strategy: Int32) {
      switch self {
      case .search: (Z_DEFAULT_COMPRESSION, Z_DEFAULT_STRATEGY)
      case .code: (Z_DEFAULT_COMPRESSION, Z_HUFFMAN_ONLY)
      case .store: (Z_NO_COMPRESSION, Z_DEFAULT_STRATEGY)
      }
    }
  }

  enum Format {
    case gzip
    /// Without header and checksum.
    ///
    /// - Parameters:
    ///   - window: how far back repetitions are seen, as a power of two: 9 to 15.
    ///   - memory: how many symbols a block has at most, as a power of two less 6, and how large the tables are: 1 to 9.
    case raw(window: Int32, memory: Int32)

    /// What zlib takes as the size of the window; 16 more says gzip, a negative one raw deflate.
    fileprivate var windowBits: Int32 {
      switch self {
      case .gzip: 15 + 16
      case .raw(let window, _): -window
      }
    }

    fileprivate var memoryLevel: Int32 {
      switch self {
      case .gzip: 8
      case .raw(_, let memory): memory
      }
    }
  }

  /// On the heap: the stream's tables point back at it, so it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let direction: Direction
  private var effort: Effort = .search

  init(_ direction: Direction, _ format: Format = .gzip) throws(ZStreamError) {
    self.direction = direction
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    let size = Int32(unsafe MemoryLayout<z_stream>.size)
    let window = format.windowBits
    let result =
      switch direction {
      case .pack:
        unsafe deflateInit2_(
          stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, format.memoryLevel, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
      case .unpack: unsafe inflateInit2_(stream, window, ZLIB_VERSION, size)
      }
    // A stream that did not begin has nothing to end: `deinit` is told so by its missing state.
    guard result == Z_OK else { throw ZStreamError() }
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

  /// Reads on and fills a buffer, until either ends.
  ///
  /// - Parameters:
  ///   - output: its bytes before `start` are left as they are.
  ///   - start: at most the count of `output`.
  ///   - effort: what packing does for this input; it changes only where the input before ended with Z_BLOCK.
  ///   - ending: what packing does after the last byte of the input: Z_NO_FLUSH, Z_BLOCK, Z_FINISH.
  mutating func step(
    _ input: Span<UInt8>, into output: inout [UInt8], from start: Int = 0, effort: Effort = .search,
    ending: Int32 = Z_NO_FLUSH
  ) -> (result: Int32, read: Int, written: Int) {
    unsafe input.withUnsafeBufferPointer { input in
      unsafe output.withUnsafeMutableBufferPointer { output in
        let (available, room) = (UInt32(clamping: input.count), UInt32(clamping: max(0, output.count - start)))
        unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        unsafe stream.pointee.avail_in = 0
        unsafe stream.pointee.next_out = output.baseAddress.map { unsafe $0 + start }
        unsafe stream.pointee.avail_out = room
        if direction == .pack, effort != self.effort {
          // Nothing is pending, so that this writes nothing.
          _ = unsafe deflateParams(stream, effort.parameters.level, effort.parameters.strategy)
          self.effort = effort
        }
        unsafe stream.pointee.avail_in = available
        let result =
          switch direction {
          case .pack: unsafe deflate(stream, input.count == Int(available) ? ending : Z_NO_FLUSH)
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

/// There was no memory for a stream of zlib.
struct ZStreamError: Error {}
