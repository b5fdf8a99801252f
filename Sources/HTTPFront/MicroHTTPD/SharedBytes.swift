/// Immutable bytes at an address that does not move, so that the kernel can be shown to them.
@safe struct SharedBytes: ~Copyable, @unchecked Sendable {
  let count: Int
  private let base: UnsafeMutableRawPointer

  /// Copies the pieces, one behind the other.
  init(_ pieces: [[UInt8]]) {
    count = pieces.reduce(0) { $0 + $1.count }
    unsafe base = .allocate(byteCount: count, alignment: 1)
    var offset = 0
    for piece in pieces {
      unsafe piece.withUnsafeBytes { bytes in
        guard let source = bytes.baseAddress else { return }
        unsafe (base + offset).copyMemory(from: source, byteCount: bytes.count)
      }
      offset += piece.count
    }
  }

  deinit { unsafe base.deallocate() }

  borrowing func copy(from offset: Int, count: Int) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: base + offset, count: count))
  }

  /// The address of the byte at `offset`; valid as long as the value lives.
  @unsafe borrowing func address(at offset: Int) -> UnsafeMutableRawPointer {
    unsafe base + offset
  }
}
