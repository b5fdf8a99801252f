import EventLoop
import Glibc
import TestSupport
import Testing

@Suite struct TCPSocketTests {
  @Test func `bytes go both ways and the end is seen`() throws {
    let listener = try LoopbackListener()
    let socket = try connected(to: listener)
    let peer = try listener.accept()
    #expect(try socket.send([1, 2, 3]) == 3)
    #expect(try peer.receive(exactly: 3) == [1, 2, 3])
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(try socket.receive(into: &buffer) == .nothingYet)
    try peer.send([4, 5])
    #expect(wait(for: POLLIN, socket))
    #expect(socket.unreadBytes == 2)
    #expect(try socket.receive(into: &buffer) == .bytes(2))
    #expect(buffer.prefix(2) == [4, 5])
    peer.close()
    #expect(wait(for: POLLIN, socket))
    #expect(try socket.receive(into: &buffer) == .end)
  }

  @Test func `the system takes what fits and then nothing`() throws {
    let listener = try LoopbackListener()
    var options = SocketOptions()
    options.sendBufferBytes = 8192
    let socket = try connected(to: listener, options)
    let peer = try listener.accept()
    let bytes = [UInt8](repeating: 7, count: 1 << 20)
    var taken = 0
    while true {
      let count = try socket.send(bytes[...])
      taken += count
      if count == 0 { break }
    }
    #expect(taken > 0)
    #expect(try peer.receive(exactly: taken).allSatisfy { $0 == 7 })
  }

  @Test func `nobody listening is reported once the attempt is over`() throws {
    let port = try FreePort.next()
    let socket = try TCPSocket(connectingTo: .loopback(port: port), SocketOptions())
    #expect(wait(for: POLLOUT, socket))
    #expect(socket.connectError == SystemError("connect", ECONNREFUSED))
  }

  @Test func `sending to a peer that reset the connection is an error and no signal`() throws {
    let listener = try LoopbackListener()
    let socket = try connected(to: listener)
    try listener.accept().close(reset: true)
    #expect(wait(for: POLLIN, socket))
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(throws: SystemError("recv", ECONNRESET)) { try socket.receive(into: &buffer) }
    #expect(throws: SystemError("send", EPIPE)) { try socket.send([1]) }
  }

  @Test func `a half-closed connection still receives`() throws {
    let listener = try LoopbackListener()
    let socket = try connected(to: listener)
    let peer = try listener.accept()
    socket.shutDownSending()
    #expect(try peer.receive(until: Deadline(after: .seconds(10))) == [])
    try peer.send([9])
    #expect(wait(for: POLLIN, socket))
    var buffer = [UInt8](repeating: 0, count: 8)
    #expect(try socket.receive(into: &buffer) == .bytes(1))
  }

  @Test func `the options reach the socket`() throws {
    let listener = try LoopbackListener()
    var options = SocketOptions()
    options.keepAliveIdle = .seconds(7)
    options.userTimeout = .milliseconds(1500)
    let socket = try connected(to: listener, options)
    #expect(option(socket, Int32(IPPROTO_TCP), TCP_NODELAY) != 0)
    #expect(option(socket, SOL_SOCKET, SO_KEEPALIVE) != 0)
    #expect(option(socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 7)
    #expect(option(socket, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 1500)
  }

  private func connected(
    to listener: LoopbackListener, _ options: SocketOptions = SocketOptions()
  ) throws -> TCPSocket {
    let socket = try TCPSocket(connectingTo: .loopback(port: listener.port), options)
    try #require(wait(for: POLLOUT, socket))
    #expect(socket.connectError == nil)
    return socket
  }

  private func wait(for event: Int32, _ socket: TCPSocket) -> Bool {
    var entry = pollfd(fd: socket.descriptor, events: Int16(event), revents: 0)
    return unsafe poll(&entry, 1, 10_000) == 1
  }

  private func option(_ socket: TCPSocket, _ level: Int32, _ name: Int32) -> Int32 {
    var value: Int32 = -1
    var length = socklen_t(4)
    unsafe getsockopt(socket.descriptor, level, name, &value, &length)
    return value
  }
}
