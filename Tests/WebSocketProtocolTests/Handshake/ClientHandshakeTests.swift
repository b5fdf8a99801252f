import TestSupport
import Testing
import WebSocketProtocol

/// What a client sends to open a WebSocket, and which answers it takes.
@Suite struct ClientHandshakeTests {
  private static let nonce = Array("the sample nonce".utf8)
  private static let good = [
    "Upgrade: WebSocket", "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Sec-WebSocket-Protocol: mqtt",
  ]

  private static func agreement(
    _ start: String = "HTTP/1.1 101 Switching Protocols", _ lines: [String] = good,
    subprotocols: [String] = ["mqtt"], deflate: DeflateParameters? = nil
  ) throws -> ClientHandshake.Agreement {
    let handshake = ClientHandshake(
      nonce: nonce, subprotocols: subprotocols, deflate: deflate)
    var reader = HTTPResponseReader()
    let text = ([start] + lines).joined(separator: "\r\n") + "\r\n\r\n"
    let head = try #require(try reader.append(Array(text.utf8)[...]))
    return try handshake.agreement(head)
  }

  @Test func `the request is the one of the standard`() throws {
    let handshake = ClientHandshake(
      nonce: Self.nonce, subprotocols: ["mqtt", "mqttv3.1"], deflate: DeflateParameters())
    let request = try handshake.request(
      authority: "broker:8080", path: "/mqtt?a=b", headers: [HTTPField("Cookie", "c=d")])
    #expect(
      String(decoding: request, as: UTF8.self) == """
        GET /mqtt?a=b HTTP/1.1\r
        Host: broker:8080\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        Sec-WebSocket-Protocol: mqtt, mqttv3.1\r
        Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r
        Cookie: c=d\r
        \r\n
        """)
  }

  @Test(arguments: ["host", "Sec-WebSocket-Key", "CONNECTION", "Transfer-Encoding"])
  func `headers of the handshake itself are refused`(name: String) {
    let handshake = ClientHandshake(nonce: Self.nonce, subprotocols: [])
    #expect(throws: HandshakeFailure.reservedHeader(name)) {
      try handshake.request(authority: "a", path: "/", headers: [HTTPField(name, "x")])
    }
  }

  @Test func `a good answer is taken`() throws {
    let agreement = try Self.agreement()
    #expect(agreement.subprotocol == "mqtt" && agreement.deflate == nil)
    let none = try Self.agreement("HTTP/1.1 101", Array(Self.good.dropLast()), subprotocols: [])
    #expect(none.subprotocol == nil)
  }

  @Test(arguments: [
    (
      "HTTP/1.1 401 Unauthorized", [],
      HandshakeFailure.refused(status: 401, summary: "401 Unauthorized")
    ),
    ("HTTP/1.1 404 Not Found", [], .refused(status: 404, summary: "404 Not Found")),
    ("HTTP/1.1 200 OK", good, .refused(status: 200, summary: "200 OK")),
    (
      "HTTP/1.1 302 Found", ["Location: wss://u:p@other.example/x?token=s#f"],
      .redirected(status: 302, to: "wss://other.example/x")
    ),
    ("HTTP/1.1 307 X", ["Location: /x@y?token=s"], .redirected(status: 307, to: "/x@y")),
    ("HTTP/1.1 301 X", [], .redirected(status: 301, to: nil)),
    ("HTTP/1.0 101 X", good, .missingUpgrade),
    ("HTTP/1.1 101 X", Array(good.dropFirst()), .missingUpgrade),
    ("HTTP/1.1 101 X", ["Upgrade: websocket, x"] + good.dropFirst(), .missingUpgrade),
    ("HTTP/1.1 101 X", [good[0], "Connection: upgraded", good[2], good[3]], .missingUpgrade),
    ("HTTP/1.1 101 X", [good[0], good[1], good[3]], .wrongAccept),
    ("HTTP/1.1 101 X", good + [good[2]], .wrongAccept),
    (
      "HTTP/1.1 101 X",
      [good[0], good[1], "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=", good[3]],
      .wrongAccept
    ),
    ("HTTP/1.1 101 X", Array(good.dropLast()), .subprotocolMissing(wanted: ["mqtt"])),
    (
      "HTTP/1.1 101 X", good.dropLast() + ["Sec-WebSocket-Protocol: MQTT"],
      .subprotocolUnknown("MQTT", wanted: ["mqtt"])
    ),
    (
      "HTTP/1.1 101 X", good + ["Sec-WebSocket-Protocol: mqtt"],
      .subprotocolUnknown("mqtt", wanted: ["mqtt"])
    ),
    (
      "HTTP/1.1 101 X", good + ["Sec-WebSocket-Extensions: permessage-deflate"],
      .unwantedExtension
    ),
  ])
  func `a bad answer is refused with its reason`(
    start: String, lines: [String], failure: HandshakeFailure
  ) {
    #expect(throws: failure) { try Self.agreement(start, lines) }
    #expect(!failure.description.isEmpty && !"\(failure)".contains("token"))
  }

  @Test func `a subprotocol that was not offered is refused`() {
    #expect(throws: HandshakeFailure.subprotocolUnknown("mqtt", wanted: [])) {
      try Self.agreement(subprotocols: [])
    }
  }

  /// What is offered (client bits, server bits, client takeover, server takeover), the answer, and
  /// the same four of the agreement, or nothing for a failure; PMD is short for the name.
  @Test(
    arguments: [
      ((15, 15, true, true), "PMD", (15, 15, true, true)),
      (
        (15, 15, true, true), "Permessage-Deflate ; client_max_window_bits=\"10\"",
        (10, 15, true, true)
      ),
      ((12, 15, true, true), "PMD; client_max_window_bits=15", (12, 15, true, true)),
      (
        (15, 15, true, true), "PMD; server_max_window_bits=8; client_no_context_takeover",
        (15, 8, false, true)
      ),
      ((15, 15, true, true), "PMD; server_no_context_takeover", (15, 15, true, false)),
      ((15, 10, true, true), "PMD; server_max_window_bits=10", (15, 10, true, true)),
      ((15, 10, true, true), "PMD", nil),
      ((15, 10, true, true), "PMD; server_max_window_bits=11", nil),
      ((15, 15, true, false), "PMD", nil),
      ((15, 15, true, true), "PMD; client_max_window_bits", nil),
      ((15, 15, true, true), "PMD; client_max_window_bits=7", nil),
      ((15, 15, true, true), "PMD; client_max_window_bits=16", nil),
      ((15, 15, true, true), "PMD; client_max_window_bits=010", nil),
      ((15, 15, true, true), "PMD; server_max_window_bits", nil),
      ((15, 15, true, true), "PMD; server_no_context_takeover=1", nil),
      (
        (15, 15, true, true),
        "PMD; client_no_context_takeover; client_no_context_takeover", nil
      ),
      ((15, 15, true, true), "PMD; x=1", nil),
      ((15, 15, true, true), "PMD;", nil),
      ((15, 15, true, true), "PMD; x=\"", nil),
      ((15, 15, true, true), "PMD, PMD", nil),
      ((15, 15, true, true), "x-webkit-deflate-frame", nil),
      ((15, 15, true, true), "", nil),
    ] as [((Int, Int, Bool, Bool), String, (Int, Int, Bool, Bool)?)])
  func `the answer to an offer of compression is checked`(
    offered: (Int, Int, Bool, Bool), answer: String, agreed: (Int, Int, Bool, Bool)?
  ) throws {
    let full = answer.split(separator: "PMD", omittingEmptySubsequences: false)
      .joined(separator: "permessage-deflate")
    let lines = Self.good + ["Sec-WebSocket-Extensions: \(full)"]
    let offer = DeflateParameters(offered)
    guard let agreed else {
      #expect(throws: HandshakeFailure.unwantedExtension) {
        try Self.agreement("HTTP/1.1 101", lines, deflate: offer)
      }
      return
    }
    #expect(
      try Self.agreement("HTTP/1.1 101", lines, deflate: offer).deflate
        == DeflateParameters(agreed))
  }
}

extension DeflateParameters {
  /// Client bits, server bits, client takeover, server takeover.
  init(_ values: (Int, Int, Bool, Bool)) {
    self.init()
    (clientWindowBits, serverWindowBits) = (values.0, values.1)
    (clientContextTakeover, serverContextTakeover) = (values.2, values.3)
  }
}
