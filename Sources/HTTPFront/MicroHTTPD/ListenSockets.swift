import CLinux
import Glibc

/// The listening sockets of all http threads: one each, on one shared port.
struct ListenSockets {
  /// Owned by the caller.
  let sockets: [Int32]
  let port: Int

  /// Binds `count` sockets, between which the kernel deals new connections.
  ///
  /// Sharing a port also works with a foreign process of the same user, which would then get a
  /// part of our connections without any error. So the port is first bound without sharing,
  /// which fails when anybody else has it.
  init(host: String, port: Int, count: Int) throws(HTTPServerError) {
    var address = try SocketAddress(host: host, port: port)
    if port != 0 {
      Self.close([try Self.bind(&address, host: host, isShared: false)])
    }
    var sockets: [Int32] = []
    var actualPort = port
    do throws(HTTPServerError) {
      for _ in 0..<count {
        let socket = try Self.bind(&address, host: host, isShared: true)
        sockets.append(socket)
        guard listen(socket, 4096) == 0 else { throw .systemCall("listen", errorNumber: errno) }
        guard let bound = SocketAddress(boundTo: socket) else {
          throw .systemCall("getsockname", errorNumber: errno)
        }
        address = bound
        actualPort = bound.port
      }
    } catch {
      Self.close(sockets)
      throw error
    }
    self.sockets = sockets
    self.port = actualPort
  }

  static func close(_ sockets: [Int32]) {
    for socket in sockets { Glibc.close(socket) }
  }

  private static func bind(
    _ address: inout SocketAddress, host: String, isShared: Bool
  ) throws(HTTPServerError) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(address.family, type, 0)
    guard socket >= 0 else { throw .systemCall("socket", errorNumber: errno) }
    set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
    if isShared { set(socket, SOL_SOCKET, SO_REUSEPORT, 1) }
    if address.family == AF_INET6 { set(socket, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
    guard address.bind(socket) else {
      let number = errno
      Glibc.close(socket)
      switch number {
      case EADDRINUSE: throw .addressInUse(host: host, port: address.port)
      case EADDRNOTAVAIL: throw .addressNotAvailable(host: host)
      case EACCES: throw .permissionDenied(port: address.port)
      default: throw .systemCall("bind", errorNumber: number)
      }
    }
    return socket
  }

  private static func set(_ socket: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    unsafe setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }
}
