import COpenSSL

/// The bytes between OpenSSL and the transport below: those that came and were not yet deciphered,
/// and those that were made and have not left.
///
/// OpenSSL reads and writes them through a BIO and so never touches a socket.
@safe final class TLSBuffers {
  /// What OpenSSL may make beyond what is sent, such as answers to key updates, before they leave.
  static let outgoingMax = 1 << 20
  static let incomingMax = 32 << 10

  private var storage = [UInt8](repeating: 0, count: incomingMax)
  private var read = 0
  private var end = 0
  private(set) var outgoing: [UInt8] = []
  private var sent = 0

  /// Whether bytes wait for OpenSSL.
  var hasIncoming: Bool { read < end }

  /// How many bytes wait for the transport below.
  var heldOutput: Int { outgoing.count - sent }

  /// Gets more bytes when OpenSSL has taken all.
  func fill<Failure: Error>(
    _ receive: (inout [UInt8]) throws(Failure) -> Int?
  ) throws(Failure) -> Bool {
    precondition(!hasIncoming, "bytes that came earlier would be lost")
    guard let count = try receive(&storage) else { return false }
    (read, end) = (0, count)
    return true
  }

  /// Gives away what waits until no more is taken.
  func drain<Failure: Error>(_ send: (Bytes) throws(Failure) -> Int) throws(Failure) {
    while sent < outgoing.count {
      let taken = try send(outgoing[sent...])
      guard taken > 0 else { return }
      sent += taken
    }
    outgoing.removeAll(keepingCapacity: outgoing.capacity <= 256 << 10)
    sent = 0
  }

  /// A BIO on these buffers, which must outlive it.
  func makeBIO() -> OpaquePointer? {
    guard let method = unsafe Self.method.value, let bio = unsafe BIO_new(method) else {
      return nil
    }
    unsafe BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    unsafe BIO_set_init(bio, 1)
    return unsafe bio
  }

  /// OpenSSL wants bytes; without any it must ask again later.
  private func take(_ target: UnsafeMutablePointer<CChar>, _ size: Int, _ bio: OpaquePointer)
    -> Int32
  {
    unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    let count = min(size, end - read)
    guard count > 0 else {
      unsafe BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      return -1
    }
    unsafe storage.withUnsafeBytes { bytes in
      unsafe UnsafeMutableRawBufferPointer(start: target, count: count)
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[read..<read + count]))
    }
    read += count
    return Int32(count)
  }

  /// OpenSSL has made bytes; all are taken, unless they would pile up.
  private func put(_ source: UnsafePointer<CChar>, _ size: Int, _ bio: OpaquePointer) -> Int32 {
    unsafe BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    guard outgoing.count + size <= Self.outgoingMax else { return -1 }
    unsafe outgoing.append(contentsOf: UnsafeRawBufferPointer(start: source, count: size))
    return Int32(size)
  }

  private static func of(_ bio: OpaquePointer?) -> TLSBuffers? {
    guard let bio = unsafe bio, let data = unsafe BIO_get_data(bio) else { return nil }
    return unsafe Unmanaged<TLSBuffers>.fromOpaque(data).takeUnretainedValue()
  }

  /// Made once, never changed, never freed.
  @safe private struct Method: @unchecked Sendable {
    let value: OpaquePointer?
  }

  private static let method = unsafe Method(value: makeMethod())

  private static func makeMethod() -> OpaquePointer? {
    let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
    guard let method = unsafe BIO_meth_new(kind, "transport") else { return nil }
    unsafe BIO_meth_set_read(method) { bio, target, size in
      guard let bio = unsafe bio, let target = unsafe target else { return -1 }
      return unsafe TLSBuffers.of(bio)?.take(target, Int(size), bio) ?? -1
    }
    unsafe BIO_meth_set_write(method) { bio, source, size in
      guard let bio = unsafe bio, let source = unsafe source else { return -1 }
      return unsafe TLSBuffers.of(bio)?.put(source, Int(size), bio) ?? -1
    }
    unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    return unsafe method
  }
}
