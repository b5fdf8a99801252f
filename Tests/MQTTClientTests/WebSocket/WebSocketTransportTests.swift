import EventLoop
import MQTTClient
import TestSupport
import Testing
import WebSocketProtocol

/// The bytes of MQTT through an open WebSocket, against an end that the test plays.
@Suite struct WebSocketTransportTests {
  @Test(arguments: [1, 2, 3, 7, .max])
  func `bytes go both ways through reads and writes of any size`(narrow: Int) throws {
    var random = SeededGenerator(for: "websocket bytes")
    let rig = try WebSocketRig(narrow: narrow, bufferBytes: 13)
    for count in [0, 1, 125, 126, 3000] {
      let message = random.bytes(count)
      try rig.send(message)
      var arrived: [UInt8] = []
      while arrived.count < count {
        let part = try #require(try rig.peer.nextMessage())
        #expect(part.kind == .binary)
        arrived += part.bytes
      }
      #expect(arrived == message)
      try rig.peer.send(.binary, message[...])
      #expect(try rig.receive(exactly: count) == message)
    }
  }

  @Test func `one send is one frame, however many packets it has`() throws {
    let rig = try WebSocketRig()
    let packets: [UInt8] = [0xC0, 0, 0xC0, 0, 0x30, 4, 0, 1]
    #expect(try rig.transport.send(packets[...]) == packets.count)
    #expect(try rig.peer.nextMessage() == WebSocketMessage(.binary, packets[...]))
    #expect(rig.peer.request?.target == "/mqtt")
    #expect(rig.peer.subprotocol == "mqtt")
  }

  @Test func `packets may span and share the server's frames`() throws {
    let rig = try WebSocketRig()
    for frame in [[0xD0], [0, 0xD0], [], [0, 0xD0, 0]] as [[UInt8]] {
      try rig.peer.send(.binary, frame[...])
    }
    #expect(try rig.receive(exactly: 6) == [0xD0, 0, 0xD0, 0, 0xD0, 0])
  }

  @Test func `text ends the link, and the server hears why`() throws {
    let rig = try WebSocketRig()
    try rig.peer.send(.text, [0x61])
    let failure = try rig.failure()
    #expect(failure.closeCode == 1003)
    #expect(try rig.peer.next() == .closed(CloseStatus(.unsupportedData)))
  }

  @Test func `a ping is answered with what waits to be written`() throws {
    let rig = try WebSocketRig()
    try rig.peer.ping([1, 2])
    try rig.peer.send(.binary, [7])
    #expect(try rig.receive() == [7])
    #expect(rig.transport.heldOutput > 0)
    try rig.transport.flush()
    #expect(rig.transport.heldOutput == 0)
    #expect(try rig.peer.next() == .pong([1, 2]))
  }

  @Test func `bytes before a Close count, and then its reason`() throws {
    let rig = try WebSocketRig()
    try rig.peer.send(.binary, [0xE0, 0])
    try rig.peer.close(CloseStatus(.policyViolation, reason: "no\u{7} more"))
    #expect(try rig.receive() == [0xE0, 0])
    let failure = try rig.failure()
    #expect(failure.closeCode == 1008)
    #expect(
      failure.description == "the server closed the WebSocket: 1008 policy violation (no more)")
    #expect(try rig.peer.next() == .closed(CloseStatus(.policyViolation)))
  }

  @Test func `a Close without complaint is the end, and the connection's too`() throws {
    let rig = try WebSocketRig()
    try rig.peer.close(CloseStatus(.normal))
    #expect(try rig.receive() == nil)
    #expect(rig.narrows.hasShutDown)
    #expect(try rig.receive() == nil)
    #expect(try rig.peer.next() == .closed(CloseStatus(.normal)))
    #expect(try rig.peer.next() == nil)
  }

  @Test func `our goodbye waits for the server's`() throws {
    let rig = try WebSocketRig()
    try rig.send([0xE0, 0])
    rig.transport.shutDownSending()
    rig.transport.shutDownSending()
    #expect(!rig.narrows.hasShutDown)
    #expect(try rig.transport.send([1]) == 0)
    #expect(try rig.peer.nextMessage()?.bytes == [0xE0, 0])
    #expect(try rig.peer.next() == .closed(CloseStatus(.normal)))
    #expect(try rig.receive() == nil)
    #expect(rig.narrows.hasShutDown)
    #expect(try rig.peer.next() == nil)
  }

  @Test func `a connection that just ends is the end`() throws {
    let rig = try WebSocketRig()
    rig.peer.socket.close()
    #expect(try rig.receive() == nil)
  }

  @Test func `a server that cuts the connection at our goodbye is the end as well`() throws {
    let rig = try WebSocketRig()
    rig.transport.shutDownSending()
    rig.peer.socket.close(reset: true)
    #expect(try rig.receive() == nil)
  }

  @Test func `a frame beyond the limit ends the link`() throws {
    var options = WebSocketOptions()
    options.maximumFrameBytes = 100
    let rig = try WebSocketRig(options)
    try rig.peer.send(.binary, Array(repeating: 1, count: 100)[...])
    #expect(try rig.receive(exactly: 100).count == 100)
    try rig.peer.send(.binary, Array(repeating: 1, count: 101)[...])
    #expect(try rig.failure().closeCode == 1009)
    guard case .closed(let status) = try rig.peer.next() else {
      Issue.record("the server does not hear of it")
      return
    }
    #expect(status.code == .messageTooBig)
  }

  @Test func `what is sent keeps to the limit, and waits when nothing is taken`() throws {
    var options = WebSocketOptions()
    options.maximumSentFrameBytes = 10
    let rig = try WebSocketRig(options)
    let bytes = Array(UInt8(0)..<25)
    #expect(try rig.transport.send(bytes[...]) == 10)
    rig.narrows.isStalled = true
    #expect(try rig.transport.send(bytes[10...]) == 10)
    let held = rig.transport.heldOutput
    #expect(held == 16)
    #expect(try rig.transport.send(bytes[20...]) == 0)
    #expect(rig.transport.heldOutput == held)
    rig.narrows.isStalled = false
    try rig.send(Array(bytes[20...]))
    for part in [bytes[..<10], bytes[10..<20], bytes[20...]] {
      #expect(try rig.peer.nextMessage()?.bytes == part)
    }
  }

  @Test func `messages are compressed when both ends want it`() throws {
    var options = WebSocketOptions()
    options.compression = .init(clientWindowBits: 10)
    let rig = try WebSocketRig(options, bufferBytes: 777, serverDeflate: DeflateParameters())
    #expect(rig.peer.deflate?.clientWindowBits == 10)
    let message = Array(repeating: UInt8(5), count: 50_000)
    try rig.send(message)
    #expect(try rig.peer.nextMessage()?.bytes == message[...])
    try rig.peer.send(.binary, message[...])
    #expect(try rig.receive(exactly: message.count) == message)
    let plain = try WebSocketRig(serverDeflate: DeflateParameters())
    #expect(plain.peer.deflate == nil)
  }

  @Test func `a silent server is pinged, and given up when it stays silent`() throws {
    var options = WebSocketOptions()
    options.pingInterval = .seconds(30)
    options.pongTimeout = .seconds(5)
    let rig = try WebSocketRig(options)
    #expect(rig.transport.nextDeadline == .zero)
    try rig.transport.timerFired(at: .seconds(1000))
    #expect(rig.transport.nextDeadline == .seconds(1030))
    try rig.transport.timerFired(at: .seconds(1030))
    #expect(try rig.peer.next() == .ping([]))
    // The pong is there but not read: that is no silence of the server.
    #expect(eventually { rig.transport.hasUnreadInput })
    try rig.transport.timerFired(at: .seconds(1035))
    #expect(try rig.transport.receive(into: &rig.buffer) == .nothingYet)
    try rig.transport.timerFired(at: .seconds(1065))
    #expect(rig.transport.nextDeadline == .seconds(1095))
    try rig.transport.timerFired(at: .seconds(1095))
    #expect(throws: TransportError.self) {
      try rig.transport.timerFired(at: .seconds(1100))
    }
  }
}
