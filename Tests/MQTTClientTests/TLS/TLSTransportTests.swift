import EventLoop
import TestSupport
import Testing

@testable import MQTTClient

/// The byte stream itself: how it begins, flows, breaks and ends.
@Suite struct TLSTransportTests {
  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `it works one byte at a time`(version: TLSOptions.Version) throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.maximumVersion = version
    let connection = try TLSTestConnection(port: server.port, options) {
      TrickleTransport($0, bytesPerCall: 1)
    }
    #expect(try connection.exchange("one byte at a time") == "emit a ta etyb eno")
  }

  @Test func `megabytes flow both ways at once, in whatever pieces`() throws {
    let server = try OpenSSLServer()
    for (piece, count) in [(777, 2_000), (1 << 20, 20_000)] {
      let connection = try TLSTestConnection(port: server.port, .test()) {
        TrickleTransport($0, bytesPerCall: piece)
      }
      let lines = (0..<count).map { "line \($0 + 100_000) of many that all have one length" }
      let sent = Array(lines.map { "\($0)\n" }.joined().utf8)
      var received = try connection.send(sent)
      received += try connection.receive(sent.count - received.count)
      let expected = lines.map { "\(String($0.reversed()))\n" }.joined()
      #expect(received == Array(expected.utf8))
    }
  }

  @Test func `output that the peer does not take is held, bounded, and stops further sending`()
    throws
  {
    var gate: Gate?
    let server = try OpenSSLServer()
    let connection = try TLSTestConnection(port: server.port, .test()) {
      let made = Gate($0)
      gate = made
      return made
    }
    gate?.isClosed = true
    let block = [UInt8](repeating: 7, count: 1 << 20)
    let taken = try connection.transport.send(block[...])
    #expect(taken == 64 << 10)
    #expect(connection.transport.heldOutput > taken)
    #expect(connection.transport.heldOutput < taken + 1024)
    #expect(try connection.transport.send(block[...]) == 0)
    gate?.isClosed = false
    try connection.transport.flush()
    #expect(connection.transport.heldOutput == 0)
  }

  @Test func `while shaking hands it waits for reading, and for writing only when bytes wait`()
    throws
  {
    let listener = try LoopbackListener()
    let address = SocketAddress(.v4(0x7F00_0001), port: listener.port)
    let gate = Gate(TCPTransport(try TCPSocket(connectingTo: address, SocketOptions())))
    let transport = try TLSTransport(over: gate, context: TLSContext(.test()), host: "localhost")
    let peer = try listener.accept()
    gate.isClosed = true
    #expect(try !transport.advance())
    #expect(transport.needs == [.readable, .writable])
    gate.isClosed = false
    #expect(try !transport.advance())
    #expect(transport.needs == [.readable])
    #expect(try peer.receive(exactly: 3) == [0x16, 3, 1])
    #expect(try transport.send([1]) == 0)
  }

  @Test func `a peer that speaks something else fails the handshake`() throws {
    let listener = try LoopbackListener()
    listener.answer(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
    let failure = try tlsFailure { _ = try TLSTestConnection(port: listener.port, .test()) }
    #expect(
      failure.description == "the TLS handshake failed: wrong version number (SSL routines)")
  }

  @Test func `a peer that closes during the handshake is reported`() throws {
    let listener = try LoopbackListener()
    listener.answer([])
    let failure = try tlsFailure { _ = try TLSTestConnection(port: listener.port, .test()) }
    #expect(failure == .closedDuringHandshake)
  }

  @Test func `an alert in the handshake is reported in words`() throws {
    let listener = try LoopbackListener()
    listener.answer([0x15, 3, 3, 0, 2, 2, 40])
    let failure = try tlsFailure { _ = try TLSTestConnection(port: listener.port, .test()) }
    #expect(
      failure.description == "the broker ended the TLS connection: handshake failure (alert 40)")
  }

  @Test func `the peer's goodbye is an end`() throws {
    let server = try OpenSSLServer()
    let connection = try TLSTestConnection(port: server.port, .test())
    try connection.send(Array("CLOSE\n".utf8))
    #expect(try connection.ends())
    #expect(try connection.ends())
  }

  @Test func `a connection that is cut off without a goodbye is an end too`() throws {
    let server = try OpenSSLServer()
    let connection = try TLSTestConnection(port: server.port, .test())
    _ = try connection.exchange("x")
    server.kill()
    #expect(try connection.ends())
  }

  @Test func `our goodbye leaves before the stream below is closed`() throws {
    let server = try OpenSSLServer()
    var below: TrickleTransport?
    let connection = try TLSTestConnection(port: server.port, .test()) {
      let made = TrickleTransport($0, bytesPerCall: 1)
      below = made
      return made
    }
    connection.transport.shutDownSending()
    #expect(below?.isShutDown == false)
    #expect(connection.transport.heldOutput > 0)
    #expect(
      eventually {
        connection.transport.shutDownSending()
        return below?.isShutDown == true
      })
    #expect(connection.transport.heldOutput == 0)
    #expect(try connection.ends())
    #expect(try connection.transport.send([1]) == 0)
  }

  @Test func `whatever a server sends, the handshake fails or waits, and nothing traps`() throws {
    let context = try TLSContext(.test())
    for seed in 0..<300 as Range<UInt64> {
      let lower = RandomTransport(seed: seed)
      let transport = try TLSTransport(over: lower, context: context, host: "localhost")
      do throws(TransportError) {
        for _ in 0..<50 where try transport.advance() { Issue.record("seed \(seed) got through") }
      } catch {
        #expect(!error.description.isEmpty)
      }
    }
  }

  @Test func `a damaged record breaks the connection, and nothing of it is handed out`() throws {
    let server = try OpenSSLServer()
    var below: TrickleTransport?
    let connection = try TLSTestConnection(port: server.port, .test()) {
      let made = TrickleTransport($0, bytesPerCall: 4096)
      below = made
      return made
    }
    _ = try connection.exchange("fine")
    below?.damage(after: 8)
    let failure = try tlsFailure { _ = try connection.exchange("damaged") }
    guard case .protocolViolated = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(failure.description.contains("bad record mac"))
    #expect(throws: TransportError.self) { try connection.ends() }
  }
}

/// Lets nothing leave while it is closed.
private final class Gate: Transport {
  private let lower: any Transport
  var isClosed = false

  init(_ lower: any Transport) { self.lower = lower }

  var descriptor: Int32 { lower.descriptor }
  var needs: Poller.Interest { lower.needs }
  var holdsInput: Bool { lower.holdsInput }
  var hasUnreadInput: Bool { lower.hasUnreadInput }

  func advance() throws(TransportError) -> Bool { try lower.advance() }

  func receive(into buffer: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    try lower.receive(into: &buffer)
  }

  func send(_ bytes: Bytes) throws(TransportError) -> Int {
    isClosed ? 0 : try lower.send(bytes)
  }

  func shutDownSending() { lower.shutDownSending() }
}
