import CZlib

/// Compresses the messages of one direction of a WebSocket. [RFC 7692, 7.2.1]
///
/// It belongs to one thread, like the machine that owns it.
@safe final class Deflater {
  private let stream: UnsafeMutablePointer<z_stream>

  /// Prepares a window of this many bits, 8 to 15.
  init(windowBits: Int) {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // zlib has no raw deflate with 8 bits. With 9 it looks back less than 256 bytes as well, since it
    // keeps the last 262 bytes of its window to itself.
    let bits = max(9, Int32(windowBits))
    let result = unsafe deflateInit2_(
      stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -bits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(result == Z_OK, "zlib has no memory for a compressor")
  }

  deinit {
    unsafe deflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Replaces `output` by the compressed message, without the four bytes that end each.
  func deflate(_ input: ArraySlice<UInt8>, into output: inout [UInt8]) {
    output.removeAll(keepingCapacity: true)
    unsafe input.withUnsafeBytes { bytes in
      precondition(bytes.count <= Int(UInt32.max), "a message of \(bytes.count) bytes")
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
      unsafe stream.pointee.avail_in = UInt32(bytes.count)
      while appendOutput(to: &output) {}
      unsafe stream.pointee.next_in = nil
    }
    precondition(
      output.suffix(4).elementsEqual([0x00, 0x00, 0xFF, 0xFF]), "zlib did not flush a message")
    output.removeLast(4)
  }

  /// Forgets the messages before, so that the next one does not refer to them.
  func reset() {
    unsafe deflateReset(stream)
  }

  /// Whether there is more to come.
  private func appendOutput(to output: inout [UInt8]) -> Bool {
    let capacity = max(256, unsafe Int(stream.pointee.avail_in) / 2)
    var isFull = false
    output.append(addingCapacity: capacity) { span in
      unsafe span.withUnsafeMutableBufferPointer { buffer, count in
        unsafe stream.pointee.next_out = buffer.baseAddress.map { unsafe $0 + count }
        unsafe stream.pointee.avail_out = UInt32(clamping: buffer.count - count)
        unsafe CZlib.deflate(stream, Z_SYNC_FLUSH)
        isFull = unsafe stream.pointee.avail_out == 0
        count = unsafe buffer.count - Int(stream.pointee.avail_out)
      }
    }
    return isFull
  }
}
