import TestSupport
import WebSocketProtocol

/// A server's answer to a handshake, which the test sends together with what follows it.
struct HeldAnswer {
  private let socket: LoopbackSocket
  private let response: [UInt8]

  /// Reads the request.
  init(_ socket: LoopbackSocket) throws {
    self.socket = socket
    var reader = HTTPHeadReader()
    let bytes = try socket.receive(until: Deadline(after: .seconds(10))) ?? []
    guard let head = try reader.append(bytes[...]) else { throw TestFailure("no request") }
    let handshake = try ServerHandshake(HTTPRequestHead(head), subprotocols: ["mqtt"])
    response = try handshake.response.encoded()
  }

  func send(followedBy bytes: [UInt8]) throws {
    try socket.send(response + bytes)
  }
}
