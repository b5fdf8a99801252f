import EventLoop
import MQTTClient
import TestSupport
import WebSocketProtocol

/// A WebSocket transport on a real connection, whose other end the test plays.
final class WebSocketRig {
  let transport: WebSocketTransport
  let narrows: NarrowTransport
  let peer: WebSocketPeer
  var buffer: [UInt8]

  /// Goes through the handshake; at most `narrow` bytes fit into one read or write of the transport.
  init(
    _ options: WebSocketOptions = WebSocketOptions(), path: String = "/mqtt", narrow: Int = .max,
    bufferBytes: Int = 4096, serverDeflate: DeflateParameters? = nil
  ) throws {
    let listener = try LoopbackListener()
    let request = WebSocketRequest(
      host: "127.0.0.1", port: listener.port, path: path, headers: options.headers)
    narrows = try NarrowTransport(port: listener.port, bytesMax: narrow)
    let transport = WebSocketTransport(over: narrows, request: request, options: options)
    self.transport = transport
    buffer = Array(repeating: 0, count: bufferBytes)
    let socket = try listener.accept()
    guard try eventually({ try transport.advance() || !transport.needs.contains(.writable) }) else {
      throw TestFailure("the request does not leave")
    }
    peer = try WebSocketPeer(
      accepting: socket, subprotocols: ["mqtt"], deflate: serverDeflate)
    guard try eventually({ try transport.advance() }) else {
      throw TestFailure("the WebSocket does not open")
    }
  }

  /// What the transport reads next; nil at the end.
  func receive() throws -> [UInt8]? {
    var result: [UInt8]?
    let isThere = try eventually {
      switch try transport.receive(into: &buffer) {
      case .nothingYet: return false
      case .end: return true
      case .bytes(let count):
        result = Array(buffer[..<count])
        return true
      }
    }
    guard isThere else { throw TestFailure("nothing can be read") }
    return result
  }

  /// As many bytes as asked for, in however many reads.
  func receive(exactly count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard let more = try receive() else { throw TestFailure("the stream ends early") }
      bytes += more
    }
    return bytes
  }

  /// Sends everything, in however many writes.
  func send(_ bytes: [UInt8]) throws {
    var rest = bytes[...]
    let isSent = try eventually {
      rest = rest.dropFirst(try transport.send(rest))
      if transport.heldOutput > 0 { try transport.flush() }
      return rest.isEmpty && transport.heldOutput == 0
    }
    guard isSent else { throw TestFailure("the peer takes nothing") }
  }

  /// The error that reading ends with.
  func failure() throws -> WebSocketFailure {
    do {
      while try receive() != nil {}
    } catch TransportError.webSocket(let failure) {
      return failure
    }
    throw TestFailure("the stream ends without an error")
  }
}

/// TCP that takes and gives few bytes at a time, and none while it is stalled.
final class NarrowTransport: Transport {
  private let lower: TCPTransport
  private let bytesMax: Int
  private var buffer: [UInt8] = []
  var isStalled = false
  private(set) var hasShutDown = false

  init(port: UInt16, bytesMax: Int) throws {
    guard let address = HostLookup.literal("127.0.0.1", port: port) else {
      throw TestFailure("no address")
    }
    lower = TCPTransport(try TCPSocket(connectingTo: address, SocketOptions()))
    self.bytesMax = bytesMax
  }

  var descriptor: Int32 { lower.descriptor }
  var needs: Poller.Interest { lower.needs }
  var holdsInput: Bool { lower.holdsInput }
  var hasUnreadInput: Bool { lower.hasUnreadInput }

  func advance() throws(TransportError) -> Bool { try lower.advance() }

  func receive(into target: inout [UInt8]) throws(TransportError) -> TCPSocket.Received {
    guard bytesMax < target.count else { return try lower.receive(into: &target) }
    buffer = Array(repeating: 0, count: bytesMax)
    let received = try lower.receive(into: &buffer)
    if case .bytes(let count) = received {
      target.replaceSubrange(..<count, with: buffer[..<count])
    }
    return received
  }

  func send(_ bytes: Bytes) throws(TransportError) -> Int {
    isStalled ? 0 : try lower.send(bytes.prefix(bytesMax))
  }

  func shutDownSending() {
    hasShutDown = true
    lower.shutDownSending()
  }
}
