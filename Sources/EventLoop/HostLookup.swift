import Glibc

/// The system's translation of host names into addresses.
package enum HostLookup {
  /// Why a name has no address: the C library's code and its sentence.
  package struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    package let code: Int32
    package let description: String

    package init(code: Int32, description: String) {
      self.code = code
      self.description = description
    }
  }

  /// The address that `host` spells out in digits, if it does; never blocks.
  package static func literal(_ host: String, port: UInt16) -> SocketAddress? {
    guard case .success(let addresses) = lookUp(host, port, flags: AI_NUMERICHOST) else {
      return nil
    }
    return addresses.first
  }

  /// Every address of `host`, in the order the system prefers; blocks as long as the system does.
  package static func addresses(
    of host: String, port: UInt16
  ) -> Result<[SocketAddress], Failure> {
    lookUp(host, port, flags: 0)
  }

  private static func lookUp(
    _ host: String, _ port: UInt16, flags: Int32
  ) -> Result<[SocketAddress], Failure> {
    var hints = unsafe addrinfo()
    unsafe hints.ai_family = AF_UNSPEC
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    unsafe hints.ai_flags = flags | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let code = unsafe getaddrinfo(host, String(port), &hints, &list)
    guard code == 0 else {
      let text = unsafe gai_strerror(code).map { unsafe String(cString: $0) }
      return .failure(Failure(code: code, description: text ?? "error \(code)"))
    }
    defer { unsafe freeaddrinfo(list) }
    var found: [SocketAddress] = []
    var next = unsafe list
    while let entry = unsafe next {
      if let raw = unsafe entry.pointee.ai_addr,
        let address = unsafe SocketAddress(raw, length: entry.pointee.ai_addrlen),
        !found.contains(address)
      {
        found.append(address)
      }
      unsafe next = entry.pointee.ai_next
    }
    return .success(found)
  }
}
