import CLinux
import Glibc

/// The listening sockets of all http threads at one address: one each, on one shared port.
struct ListenSockets: Sendable {
  /// Owned by the caller.
  let sockets: [Int32]
  /// 0 for a socket in the file system.
  let port: Int
  let file: UnixSocketFile?

  init(_ address: HTTPListener.Address, count: Int) throws(HTTPServerError) {
    switch address {
    case .tcp(let host, let port): try self.init(host: host, port: port, count: count)
    case .unix(let path, let mode): try self.init(path: path, mode: mode, count: count)
    }
  }

  /// Closes all sockets, and removes the file if there is one.
  func close() {
    Self.close(sockets)
    file?.remove()
  }

  /// Such a port cannot be shared, so the threads share one socket.
  private init(path: String, mode: UInt32, count: Int) throws(HTTPServerError) {
    let (socket, file) = try UnixSocketFile.listen(at: path, mode: mode)
    var sockets = [socket]
    for _ in 1..<max(1, count) {
      let copy = fcntl(socket, F_DUPFD_CLOEXEC, 3)
      guard copy >= 0 else {
        let number = errno
        Self.close(sockets)
        file.remove()
        throw .systemCall("fcntl", errorNumber: number)
      }
      sockets.append(copy)
    }
    self.sockets = sockets
    self.file = file
    port = 0
  }

  /// Binds `count` sockets, between which the kernel deals new connections.
  ///
  /// Sharing a port also works with a foreign process of the same user, which would then get a
  /// part of our connections without any error. So the port is first bound without sharing,
  /// which fails when anybody else has it.
  private init(host: String, port: Int, count: Int) throws(HTTPServerError) {
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
    file = nil
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
