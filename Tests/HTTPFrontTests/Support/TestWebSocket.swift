import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

/// One WebSocket of a test: its client, and the commands that name it.
final class TestWebSocket {
  let peer: WebSocketPeer
  let id: StreamID
  private let server: HTTPServer

  init(
    _ server: HTTPServer, _ application: TestApplication, subprotocols: [String] = [],
    deflate: DeflateParameters? = nil, tls: TestTLSOptions? = nil
  ) throws {
    self.server = server
    peer = try WebSocketPeer(
      connectingTo: UInt16(server.port), path: "/ws", subprotocols: subprotocols,
      deflate: deflate, tls: tls)
    id = try #require(
      application.next { if case .opened(let id, _) = $0 { id } else { nil } })
  }

  func send(_ commands: StreamCommand...) throws {
    try #require(server.send(commands, toShard: id.shard))
  }

  func say(_ text: String) throws {
    try send(.message(id, WebSocketMessage(.text, Array(text.utf8)[...])))
  }

  /// The text of the next message; nil when the server closes.
  func text() throws -> String? {
    try peer.nextMessage().map { String(decoding: $0.bytes, as: UTF8.self) }
  }

  /// The status of the server's Close, whatever comes before.
  func closeStatus() throws -> CloseStatus? {
    while let event = try peer.next() {
      if case .closed(let status) = event { return status }
    }
    return nil
  }

  /// One frame as a client sends it, with a mask.
  static func frame(_ first: UInt8, _ payload: String, isMasked: Bool = true) -> [UInt8] {
    let bytes = Array(payload.utf8)
    precondition(bytes.count < 126, "a long frame")
    let mask: [UInt8] = [1, 2, 3, 4]
    guard isMasked else { return [first, UInt8(bytes.count)] + bytes }
    let masked = bytes.enumerated().map { $1 ^ mask[$0 % 4] }
    return [first, 0x80 | UInt8(bytes.count)] + mask + masked
  }

  /// An application that upgrades every request to `/ws`.
  static func application(
    _ configure: (inout WebSocketHead) -> Void = { _ in },
    reception: @escaping @Sendable (StreamID, WebSocketMessage) -> SocketFlow = { _, _ in .more }
  ) throws -> TestApplication {
    var head = WebSocketHead()
    configure(&head)
    return try TestApplication(reception: reception) { [head] request in
      request.head.path == "/ws" ? .upgrade(head) : .respond(.text("plain"))
    }
  }
}
