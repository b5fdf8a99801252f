import TestSupport
import Testing
import WebSocketProtocol

/// Which requests a server takes for a WebSocket, and what it answers.
@Suite struct ServerHandshakeTests {
  private static let good = [
    "Host: a", "Upgrade: WebSocket", "Connection: keep-alive, upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
  ]

  private static func answer(
    _ start: String = "GET / HTTP/1.1", _ lines: [String] = good, subprotocols: [String] = [],
    deflate: DeflateParameters? = nil
  ) throws -> ServerHandshake {
    var reader = HTTPHeadReader()
    let text = ([start] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    let head = try #require(try reader.append(Array(text.utf8)[...]))
    return try ServerHandshake(
      HTTPRequestHead(head), subprotocols: subprotocols, deflate: deflate)
  }

  @Test func `a good request is answered like in the standard`() throws {
    let handshake = try Self.answer()
    #expect(
      try String(decoding: handshake.response.encoded(), as: UTF8.self) == """
        HTTP/1.1 101 Switching Protocols\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
        \r\n
        """)
  }

  @Test(arguments: [
    ("POST / HTTP/1.1", good, ServerHandshake.Refusal.notWebSocket),
    ("GET / HTTP/1.0", good, .notWebSocket),
    ("GET / HTTP/1.1", Array(good.dropFirst()), .notWebSocket),
    ("GET / HTTP/1.1", good.filter { !$0.hasPrefix("Upgrade") }, .notWebSocket),
    ("GET / HTTP/1.1", good.filter { !$0.hasPrefix("Connection") }, .notWebSocket),
    ("GET / HTTP/1.1", good.filter { !$0.contains("Key") }, .notWebSocket),
    ("GET / HTTP/1.1", good + [good[3]], .notWebSocket),
    (
      "GET / HTTP/1.1",
      good.map { $0.contains("Key") ? "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ===" : $0 },
      .notWebSocket
    ),
    ("GET / HTTP/1.1", Array(good.dropLast()), .unknownVersion),
    ("GET / HTTP/1.1", good.dropLast() + ["Sec-WebSocket-Version: 8"], .unknownVersion),
    ("GET / HTTP/1.1", good + ["Sec-WebSocket-Protocol: chat, MQTT"], .noSubprotocol),
  ])
  func `a bad request is refused`(
    start: String, lines: [String], refusal: ServerHandshake.Refusal
  ) {
    #expect(throws: refusal) { try Self.answer(start, lines, subprotocols: ["mqtt"]) }
  }

  @Test func `the server's favourite of the offered subprotocols is selected`() throws {
    let lines = Self.good + ["Sec-WebSocket-Protocol: a,b", "Sec-WebSocket-Protocol: c"]
    let handshake = try Self.answer("GET / HTTP/1.1", lines, subprotocols: ["x", "c", "a"])
    #expect(handshake.subprotocol == "c")
    #expect(handshake.response.fields["Sec-WebSocket-Protocol"] == "c")
    #expect(try Self.answer(subprotocols: ["x"]).subprotocol == nil)
  }

  /// The offer, what the server allows, and what it answers.
  @Test(
    arguments: [
      ("permessage-deflate", (15, 15, true, true), "permessage-deflate"),
      ("permessage-deflate; client_max_window_bits", (15, 15, true, true), "permessage-deflate"),
      (
        "permessage-deflate; client_max_window_bits", (10, 15, true, true),
        "permessage-deflate; client_max_window_bits=10"
      ),
      (
        "permessage-deflate; client_max_window_bits=9", (10, 15, true, true),
        "permessage-deflate; client_max_window_bits=9"
      ),
      (
        "permessage-deflate; server_max_window_bits=12", (15, 15, true, true),
        "permessage-deflate; server_max_window_bits=12"
      ),
      (
        "permessage-deflate", (15, 11, false, false),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
          + "server_max_window_bits=11"
      ),
      (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        (15, 15, true, true),
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
      ),
      ("permessage-deflate", (10, 15, true, true), nil),
      ("permessage-deflate; x", (15, 15, true, true), nil),
      (
        "permessage-deflate; x, permessage-deflate; server_max_window_bits=9, permessage-deflate",
        (15, 15, true, true), "permessage-deflate; server_max_window_bits=9"
      ),
      ("foo; bar=baz, permessage-deflate", (15, 15, true, true), "permessage-deflate"),
      ("permessage-deflate;;", (15, 15, true, true), nil),
      ("other", (15, 15, true, true), nil),
    ] as [(String, (Int, Int, Bool, Bool), String?)])
  func `the first offer of compression that can be kept is taken`(
    offer: String, limits: (Int, Int, Bool, Bool), answer: String?
  ) throws {
    let handshake = try Self.answer(
      "GET / HTTP/1.1", Self.good + ["Sec-WebSocket-Extensions: \(offer)"],
      deflate: DeflateParameters(limits))
    #expect(handshake.response.fields["Sec-WebSocket-Extensions"] == answer)
    #expect((handshake.deflate == nil) == (answer == nil))
  }

  @Test func `what a client offers and a server answers is the same for both`() throws {
    for clientBits in [9, 15] {
      for serverBits in [8, 15] {
        for takeover in [true, false] {
          let wanted = DeflateParameters((clientBits, serverBits, takeover, !takeover))
          let client = ClientHandshake(
            nonce: Array(0..<16), subprotocols: ["mqtt"], deflate: wanted)
          var reader = HTTPHeadReader()
          let request = try client.request(authority: "a", path: "/")
          let head = try #require(try reader.append(request[...]))
          let server = try ServerHandshake(
            HTTPRequestHead(head), subprotocols: ["mqtt"], deflate: DeflateParameters())
          let agreement = try client.agreement(server.response)
          #expect(agreement.deflate == server.deflate && agreement.deflate == wanted)
        }
      }
    }
  }
}
