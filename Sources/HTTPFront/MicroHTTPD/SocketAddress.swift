import CLinux
import Glibc

/// An address and port of TCP over IPv4 or IPv6.
@safe struct SocketAddress {
  private var storage: sockaddr_storage
  private let length: socklen_t

  var family: Int32 { Int32(storage.ss_family) }

  /// Copies the address that a C library points at; nil for other families.
  @unsafe init?(copying address: UnsafePointer<sockaddr>) {
    storage = sockaddr_storage()
    switch Int32(unsafe UnsafeRawPointer(address).loadUnaligned(as: sa_family_t.self)) {
    case AF_INET: length = socklen_t(MemoryLayout<sockaddr_in>.size)
    case AF_INET6: length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    default: return nil
    }
    let count = Int(length)
    unsafe withUnsafeMutableBytes(of: &storage) { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
    }
  }

  /// An address from its bytes, 4 or 16 of them, in network order; nil for any other number.
  init?(bytes: [UInt8], port: UInt16) {
    storage = sockaddr_storage()
    switch bytes.count {
    case 4: length = socklen_t(MemoryLayout<sockaddr_in>.size)
    case 16: length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    default: return nil
    }
    storage.ss_family = sa_family_t(bytes.count == 4 ? AF_INET : AF_INET6)
    // Behind the family and the port; IPv6 has its flow label in between.
    let offset = bytes.count == 4 ? 4 : 8
    unsafe withUnsafeMutableBytes(of: &storage) { storage in
      unsafe storage.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
      for (index, byte) in bytes.enumerated() { unsafe storage[offset + index] = byte }
    }
  }

  /// The address of the peer of a connection.
  init?(peerOf socket: Int32) {
    var name = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let copy: Self? = unsafe withUnsafeMutablePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard unsafe getpeername(socket, address, &size) == 0 else { return nil }
        return unsafe Self(copying: address)
      }
    }
    guard let copy else { return nil }
    self = copy
  }

  /// Lends the address in the form that C takes.
  @unsafe func withSystemAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    let length = length
    return unsafe withUnsafePointer(to: storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe body($0, length)
      }
    }
  }

  /// Looks a host up; the first address it has.
  init(host: String, port: Int) throws(HTTPServerError) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let result = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard result == 0, let first = unsafe list else { throw .unknownHost(host) }
    defer { unsafe freeaddrinfo(first) }
    guard let address = unsafe first.pointee.ai_addr, let copy = unsafe Self(copying: address)
    else { throw .unknownHost(host) }
    self = copy
  }

  /// The address that a socket is bound to.
  init?(boundTo socket: Int32) {
    var name = sockaddr_storage()
    var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let copy: Self? = unsafe withUnsafeMutablePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard unsafe getsockname(socket, address, &size) == 0 else { return nil }
        return unsafe Self(copying: address)
      }
    }
    guard let copy else { return nil }
    self = copy
  }

  /// Binds a socket; false leaves the reason in `errno`.
  mutating func bind(_ socket: Int32) -> Bool {
    let length = length
    return unsafe withUnsafePointer(to: &storage) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe Glibc.bind(socket, address, length) == 0
      }
    }
  }

  var port: Int {
    unsafe withUnsafeBytes(of: storage) { bytes in
      // Both families keep it, in network order, behind the family.
      Int(UInt16(bigEndian: unsafe bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
  }

  /// The numeric address without the port.
  var host: String {
    var copy = storage
    let length = length
    return unsafe withUnsafePointer(to: &copy) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
          guard let base = text.baseAddress,
            unsafe getnameinfo(address, length, base, 64, nil, 0, NI_NUMERICHOST) == 0
          else { return "unknown" }
          return unsafe String(cString: base)
        }
      }
    }
  }
}
