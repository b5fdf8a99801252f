import CLinux
import EventLoop
import Glibc

/// A listening socket in the file system.
///
/// Whoever may reach the file may connect; so its permissions are set before anybody can.
struct UnixSocketFile: Sendable {
  private let path: String
  private let device: UInt64
  private let node: UInt64

  /// Listens at a path; a file that nobody listens at is replaced, and only if it is a socket.
  static func listen(
    at path: String, mode: UInt32
  ) throws(HTTPServerError) -> (socket: Int32, file: UnixSocketFile) {
    guard let address = UnixAddress(path), !path.hasPrefix("@") else {
      throw .unusablePath(path)
    }
    try removeStale(address)
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_UNIX, type, 0)
    guard socket >= 0 else { throw .systemCall("socket", errorNumber: errno) }
    do throws(HTTPServerError) {
      return (socket, try bind(socket, to: address, mode: mode))
    } catch {
      close(socket)
      throw error
    }
  }

  /// Removes the file, unless another one has taken its place.
  func remove() {
    var now = stat()
    guard unsafe lstat(path, &now) == 0, UInt64(now.st_dev) == device, UInt64(now.st_ino) == node
    else { return }
    unsafe unlink(path)
  }

  private static func bind(
    _ socket: Int32, to address: UnixAddress, mode: UInt32
  ) throws(HTTPServerError) -> UnixSocketFile {
    let path = address.path
    guard address.bind(socket) == 0 else { throw failure("bind", path) }
    var made = stat()
    guard unsafe chmod(path, mode) == 0, unsafe lstat(path, &made) == 0 else {
      throw .systemCall("chmod", errorNumber: errno)
    }
    // Until here connecting is refused.
    guard Glibc.listen(socket, 4096) == 0 else {
      throw .systemCall("listen", errorNumber: errno)
    }
    return UnixSocketFile(path: path, device: UInt64(made.st_dev), node: UInt64(made.st_ino))
  }

  private static func failure(_ call: String, _ path: String) -> HTTPServerError {
    switch errno {
    case EADDRINUSE: .addressInUse(host: path, port: 0)
    case ENOENT, ENOTDIR, EACCES, EROFS: .unusablePath(path)
    default: .systemCall(call, errorNumber: errno)
    }
  }

  private static func removeStale(_ address: UnixAddress) throws(HTTPServerError) {
    var found = stat()
    guard unsafe lstat(address.path, &found) == 0 else { return }
    guard found.st_mode & S_IFMT == S_IFSOCK else { throw .unusablePath(address.path) }
    do throws(SystemError) {
      _ = try TCPSocket(connectingTo: address, SocketOptions())
    } catch {
      guard error.number == ECONNREFUSED else {
        throw .addressInUse(host: address.path, port: 0)
      }
      unsafe unlink(address.path)
      return
    }
    throw .addressInUse(host: address.path, port: 0)
  }
}
