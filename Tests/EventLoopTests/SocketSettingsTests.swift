import EventLoop
import Glibc
import TestSupport
import Testing

/// What the options make of real sockets.
@Suite struct SocketSettingsTests {
  private func socket(_ change: (inout SocketOptions) -> Void) throws -> TCPSocket {
    let listener = try LoopbackListener()
    var options = SocketOptions()
    change(&options)
    return try TCPSocket(connectingTo: .loopback(port: listener.port), options)
  }

  private func option(_ socket: TCPSocket, _ level: Int32, _ name: Int32) -> Int32 {
    var value: Int32 = -1
    var length = socklen_t(4)
    unsafe getsockopt(socket.descriptor, level, name, &value, &length)
    return value
  }

  @Test func `buffers, code point and the wait for company reach the socket`() throws {
    let socket = try socket { options in
      options.noDelay = false
      options.sendBufferBytes = 20_000
      options.receiveBufferBytes = 30_000
      options.dscp = 46
    }
    #expect(option(socket, Int32(IPPROTO_TCP), TCP_NODELAY) == 0)
    #expect(option(socket, SOL_SOCKET, SO_SNDBUF) == 40_000)
    #expect(option(socket, SOL_SOCKET, SO_RCVBUF) == 60_000)
    #expect(option(socket, Int32(IPPROTO_IP), IP_TOS) == 46 << 2)
  }

  @Test func `the code point of version 6 has an option of its own`() throws {
    var options = SocketOptions()
    options.dscp = 10
    let address = SocketAddress(.v6(high: 0, low: 1, scope: 0), port: try FreePort.next())
    // Nobody listens, but the options were set before that was found out.
    let socket = try? TCPSocket(connectingTo: address, options)
    if let socket { #expect(option(socket, Int32(IPPROTO_IPV6), IPV6_TCLASS) == 40) }
  }

  @Test func `keep-alive that is off stays off`() throws {
    let socket = try socket { $0.keepAliveIdle = nil }
    #expect(option(socket, SOL_SOCKET, SO_KEEPALIVE) == 0)
  }

  @Test func `a connection comes from the address and port that were asked for`() throws {
    let port = try FreePort.next()
    let listener = try LoopbackListener()
    var options = SocketOptions()
    options.localAddress = SocketAddress(.v4(0x7F00_0002), port: port)
    let socket = try TCPSocket(connectingTo: .loopback(port: listener.port), options)
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe getsockname(socket.descriptor, $0, &length)
      }
    }
    #expect(result == 0)
    #expect(UInt16(bigEndian: address.sin_port) == port)
    #expect(UInt32(bigEndian: address.sin_addr.s_addr) == 0x7F00_0002)
  }

  @Test func `a setting that the system refuses is named`() {
    let error = #expect(throws: SystemError.self) {
      try socket { $0.device = "no-such-device0" }
    }
    #expect(error?.call == "setsockopt(SO_BINDTODEVICE)")
    let bind = #expect(throws: SystemError.self) {
      // An address of nobody, for documentation. [RFC 5737]
      try socket { $0.localAddress = SocketAddress(.v4(0xC000_0201), port: 0) }
    }
    #expect(bind?.call == "bind to 192.0.2.1:0")
  }

  @Test func `the loopback device can be asked for`() throws {
    let listener = try LoopbackListener()
    var options = SocketOptions()
    options.device = "lo"
    do {
      _ = try TCPSocket(connectingTo: .loopback(port: listener.port), options)
      _ = try listener.accept()
    } catch let error as SystemError {
      // Old kernels want a privilege.
      #expect(error == SystemError("setsockopt(SO_BINDTODEVICE)", EPERM))
    }
  }

  @Test func `multipath connections work, or fall back to plain ones`() throws {
    let listener = try LoopbackListener()
    var options = SocketOptions()
    options.usesMultipathTCP = true
    let socket = try TCPSocket(connectingTo: .loopback(port: listener.port), options)
    let peer = try listener.accept()
    #expect(eventually { (try? socket.send([7])) == 1 })
    #expect(try peer.receive(exactly: 1) == [7])
    let probe = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 262)
    if probe >= 0 {
      close(probe)
      let kind = option(socket, SOL_SOCKET, SO_PROTOCOL)
      #expect(kind == 262 || kind == Int32(IPPROTO_TCP))
    } else {
      #expect(option(socket, SOL_SOCKET, SO_PROTOCOL) == Int32(IPPROTO_TCP))
    }
  }

  @Test(arguments: ["path", "abstract"])
  func `Unix sockets are connected by path and by abstract name`(kind: String) throws {
    let directory = try TemporaryDirectory()
    let path =
      kind == "path" ? directory.file("s") : "@mqtt-test-\(UInt64.random(in: 0 ... .max))"
    let listener = try UnixListener(path)
    let address = try #require(UnixAddress(path))
    let socket = try TCPSocket(connectingTo: address, SocketOptions())
    let peer = try listener.accept()
    #expect(try socket.send([1, 2]) == 2)
    #expect(try peer.receive(exactly: 2) == [1, 2])
  }

  @Test func `a Unix socket that is not there is an error at once`() throws {
    let address = try #require(UnixAddress("/nowhere/at/all"))
    #expect(throws: SystemError("connect", ENOENT)) {
      try TCPSocket(connectingTo: address, SocketOptions())
    }
    #expect(UnixAddress("") == nil && UnixAddress("@") == nil)
    #expect(UnixAddress(String(repeating: "a", count: 108)) == nil)
    #expect(UnixAddress(String(repeating: "a", count: 107)) != nil)
    #expect(UnixAddress("a\0b") == nil)
  }

  @Test func `a descriptor that nobody takes is closed`() throws {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    var handed: HandedDescriptor? = HandedDescriptor(owning: ends[1])
    #expect(handed != nil)
    handed = nil
    var byte: UInt8 = 0
    #expect(unsafe read(ends[0], &byte, 1) == 0)
    close(ends[0])
  }
}
