/// Whole frames of a server, made without a `WebSocketMachine`: the same bytes for many clients.
///
/// They are never compressed, which is legal at any time: each message says whether it is.
/// [RFC 7692, 6]
package enum ServerFrame {
  /// A message in one frame.
  package static func message(_ kind: MessageKind, _ payload: some Collection<UInt8>) -> [UInt8] {
    frame(kind == .text ? .text : .binary, payload)
  }

  /// A ping with at most 125 bytes; what is over is cut.
  package static func ping(_ payload: some Collection<UInt8>) -> [UInt8] {
    frame(.ping, payload.prefix(125))
  }

  private static func frame(_ opcode: Opcode, _ payload: some Collection<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(payload.count + 10)
    FrameHeader(opcode: opcode, payloadCount: payload.count).encode(into: &bytes)
    bytes.append(contentsOf: payload)
    return bytes
  }
}
