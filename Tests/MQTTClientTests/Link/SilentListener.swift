import Glibc
import TestSupport

/// A port of this machine that neither accepts nor refuses: connecting to it hangs.
final class SilentListener {
  let port: UInt16
  private let descriptor: Int32
  private var fillers: [Int32] = []

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isListening = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, length) == 0 && listen(descriptor, 0) == 0
          && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isListening else { throw TestFailure("cannot listen: errno \(errno)") }
    port = UInt16(bigEndian: address.sin_port)
    // The queue of connections to accept has room for one; the rest makes sure that it is full.
    for _ in 0..<4 {
      let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
      let filler = socket(AF_INET, kind, 0)
      unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = unsafe connect(filler, $0, length)
        }
      }
      fillers.append(filler)
    }
  }

  deinit {
    for filler in fillers { close(filler) }
    close(descriptor)
  }
}
