import EventLoop
import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

extension LiveServerTests {
  @Suite struct WebSocketTests {
    @Test func `messages go both ways under the subprotocol that was agreed on`() throws {
      let application = try TestWebSocket.application { head in
        head.subprotocols = ["bridge.v1.json"]
        head.headers = ["Request-Id": "r-7"]
      }
      try withServer(application) { server in
        let socket = try TestWebSocket(
          server, application, subprotocols: ["bearer.abc", "bridge.v1.json"])
        #expect(socket.peer.subprotocol == "bridge.v1.json")
        try socket.peer.send(.text, Array("to the server".utf8)[...])
        #expect(application.nextReceived() == "to the server")
        try socket.say("to the client")
        #expect(try socket.text() == "to the client")
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
        #expect(server.statistics(ofShard: 0).streams == 1)
      }
    }

    @Test(arguments: [
      ("Upgrade: websocket\r\n", "", 400, nil),
      ("", "", 426, "13"),
      ("Upgrade: h2c\r\nConnection: Upgrade\r\n", "", 426, "13"),
      ("Upgrade: websocket\r\nConnection: Upgrade\r\n", "Sec-WebSocket-Key: short\r\n", 400, nil),
      (
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 8\r\n", 426, "13"
      ),
      (
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Protocol: mqtt\r\n", 400, nil
      ),
    ])
    func `a wrong handshake is answered with what is wrong`(
      upgrade: String, key: String, status: Int, version: String?
    ) throws {
      let application = try TestWebSocket.application { $0.subprotocols = ["bridge.v1.json"] }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/ws", headers: upgrade + key)
        let answer = try client.readAnswer()
        #expect(answer.status == status)
        #expect(answer.headers["content-type"] == "application/problem+json")
        #expect(answer.headers["sec-websocket-version"] == version)
        #expect(application.nextClosed() == .refused)
        // The connection is still one for requests.
        client.get("/plain")
        #expect(try client.readAnswer().body == "plain")
      }
    }

    @Test func `the application can look at a request before it is upgraded`() {
      let right: HeaderFields = [
        "Host": "h", "Upgrade": "websocket", "Connection": "keep-alive, Upgrade",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "13",
      ]
      let head = RequestHead(method: "GET", target: "/ws", headers: right)
      #expect(WebSocketUpgrade.problem(with: head) == nil)
      let old = RequestHead(method: "GET", target: "/ws", headers: right, version: "HTTP/1.0")
      #expect(WebSocketUpgrade.problem(with: old)?.code == .upgradeRequired)
      let post = RequestHead(method: "POST", target: "/ws", headers: right)
      #expect(WebSocketUpgrade.problem(with: post)?.code == .badHeader)
    }

    @Test func `fragments are joined, and a ping between them is answered first`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.peer.socket.send(TestWebSocket.frame(0x01, "one "))
        try socket.peer.socket.send(TestWebSocket.frame(0x89, "are you there"))
        try socket.peer.socket.send(TestWebSocket.frame(0x00, "two "))
        try socket.peer.socket.send(TestWebSocket.frame(0x80, "three"))
        #expect(try socket.peer.next() == .pong(Array("are you there".utf8)[...]))
        #expect(application.nextReceived() == "one two three")
      }
    }

    @Test func `a frame may come byte by byte`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        for byte in TestWebSocket.frame(0x81, "slowly") { try socket.peer.socket.send([byte]) }
        #expect(application.nextReceived() == "slowly")
      }
    }

    @Test(arguments: [
      (TestWebSocket.frame(0x81, "x", isMasked: false), WebSocketViolation.wrongMasking),
      (TestWebSocket.frame(0x83, "x"), .unknownOpcode(3)),
      (TestWebSocket.frame(0xC1, "x"), .reservedBits),
      (TestWebSocket.frame(0x80, "x"), .continuationOfNothing),
      (TestWebSocket.frame(0x81, String(repeating: "x", count: 101)), .messageTooLarge(limit: 100)),
    ])
    func `what a WebSocket does not allow closes it with the reason`(
      bytes: [UInt8], violation: WebSocketViolation
    ) throws {
      let application = try TestWebSocket.application { $0.limits.messageBytesMax = 100 }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.peer.socket.send(bytes)
        #expect(try socket.closeStatus()?.code == violation.closeCode)
        #expect(application.nextClosed() == .violated(violation))
        #expect(try socket.peer.next() == nil)
      }
    }

    @Test func `compressed messages are agreed on, and bounded after decompression`() throws {
      let application = try TestWebSocket.application { $0.limits.messageBytesMax = 100_000 }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application, deflate: DeflateParameters())
        #expect(socket.peer.deflate != nil)
        let text = String(repeating: "again and ", count: 1000)
        try socket.peer.send(.text, Array(text.utf8)[...])
        #expect(application.nextReceived() == text)
        for _ in 0..<3 {
          try socket.say(text)
          #expect(try socket.text() == text)
        }
        try socket.peer.send(.text, Array(repeating: 0x61, count: 100_001)[...])
        #expect(try socket.closeStatus()?.code == .messageTooBig)
      }
    }

    @Test func `a parked request can become a WebSocket`() throws {
      let application = try TestApplication { _ in .park(deadline: nil) }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get(
          "/ws",
          headers: "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        let id = try #require(application.nextHandled())
        server.answer(id, with: WebSocketHead(headers: ["Request-Id": "r-7"]))
        let answer = try client.readAnswer(hasBody: false)
        #expect(answer.status == 101)
        #expect(answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(answer.headers["request-id"] == "r-7")
        let text = WebSocketMessage(.text, [0x68, 0x69])
        #expect(server.send([.message(id.stream, text)], toShard: id.shard))
        #expect(try client.read(count: 4) == [0x81, 2, 0x68, 0x69])
      }
    }
  }
}
