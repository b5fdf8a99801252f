import CZlib

/// Decompresses the messages of one direction of a WebSocket. [RFC 7692, 7.2.2]
///
/// It belongs to one thread, like the machine that owns it.
@safe final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>

  /// Prepares for a compressor with a window of this many bits, 8 to 15.
  init(windowBits: Int) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // Negative: raw deflate, without the header of zlib.
    let result = unsafe inflateInit2_(
      stream, -Int32(windowBits), ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "zlib has no memory for a decompressor")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Takes from the front of the input what makes at most `limit` bytes of output.
  ///
  /// Less than `limit` bytes means that the input is used up; else there may be more output without
  /// further input.
  func inflate(
    _ input: inout ArraySlice<UInt8>, atMost limit: Int
  ) throws(WebSocketViolation) -> [UInt8] {
    var isValid = true
    var left = 0
    let output = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      unsafe input.withUnsafeBytes { bytes in
        unsafe stream.pointee.next_in = UnsafeMutablePointer(
          mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
        unsafe stream.pointee.avail_in = UInt32(clamping: bytes.count)
        unsafe stream.pointee.next_out = buffer.baseAddress
        unsafe stream.pointee.avail_out = UInt32(clamping: limit)
        isValid = run()
        left =
          unsafe bytes.count - (Int(UInt32(clamping: bytes.count)) - Int(stream.pointee.avail_in))
        unsafe stream.pointee.next_in = nil
      }
      count = unsafe limit - Int(stream.pointee.avail_out)
    }
    guard isValid else { throw .invalidCompression }
    input = input.suffix(left)
    return output
  }

  /// Forgets the messages before, which the next one does not refer to.
  func reset() {
    unsafe inflateReset(stream)
  }

  /// False when the input is no deflate data.
  private func run() -> Bool {
    while true {
      switch unsafe CZlib.inflate(stream, Z_SYNC_FLUSH) {
      case Z_OK:
        guard unsafe stream.pointee.avail_in > 0, unsafe stream.pointee.avail_out > 0 else {
          return true
        }
      case Z_BUF_ERROR: return true
      case Z_STREAM_END:
        // A block may say that it is the last one, and yet others follow. [RFC 7692, 7.2.3.4]
        guard unsafe inflateResetKeep(stream) == Z_OK else { return false }
        if unsafe stream.pointee.avail_in == 0 { return true }
      default: return false
      }
    }
  }
}
