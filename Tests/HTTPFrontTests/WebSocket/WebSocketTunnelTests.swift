import EventLoop
import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

extension LiveServerTests {
  /// WebSockets that hand out bytes as they come.
  @Suite struct WebSocketTunnelTests {
    @Test func `bytes go both ways, and messages may cut them anywhere`() throws {
      let application = try TestWebSocket.application { head in
        head.subprotocols = ["mqtt"]
        head.reception = .pieces
      }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application, subprotocols: ["mqtt"])
        try socket.peer.socket.send(TestWebSocket.frame(0x02, "ab"))
        #expect(application.nextReceived() == "ab")
        try socket.peer.socket.send(TestWebSocket.frame(0x80, "cd"))
        #expect(application.nextReceived() == "cd")
        try socket.send(.message(socket.id, WebSocketMessage(.binary, [1, 2, 3])))
        #expect(try socket.peer.nextMessage() == WebSocketMessage(.binary, [1, 2, 3]))
      }
    }

    @Test func `a text closes it with 1003`() throws {
      let application = try TestWebSocket.application { $0.reception = .pieces }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.peer.send(.text, [0x61])
        #expect(try socket.closeStatus()?.code == .unsupportedData)
      }
    }

    @Test func `nothing is read while the application wants nothing`() throws {
      let application = try TestWebSocket.application { head in
        head.reception = .pieces
        head.limits.frameBytesMax = 64 << 20
        head.limits.messageBytesMax = 64 << 20
      } reception: { _, _ in
        .pause
      }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        for _ in 0..<16 { try sendAndResume(socket, 1 << 20, application) }
        #expect(application.takeAll().allSatisfy { if case .closed = $0 { false } else { true } })
      }
    }

    /// Sends one message, and lets the server read one piece of it after the other.
    private func sendAndResume(
      _ socket: TestWebSocket, _ count: Int, _ application: TestApplication
    ) throws {
      try socket.peer.send(.binary, Array(repeating: 7, count: count)[...])
      var taken = 0
      var pieces = 0
      while taken < count {
        let piece = try #require(application.nextReceived())
        taken += piece.utf8.count
        pieces += 1
        // Nothing more comes before it is wanted.
        #expect(
          application.takeAll().allSatisfy { if case .received = $0 { false } else { true } })
        try socket.send(.resumeReading(socket.id))
      }
      #expect(taken == count && pieces > 1)
    }

    @Test func `what came before the end of the client is handed out before the end`() throws {
      let application = try TestWebSocket.application { head in
        head.reception = .pieces
      } reception: { _, _ in
        .pause
      }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        for text in ["first", "second", "third"] {
          try socket.peer.socket.send(TestWebSocket.frame(0x82, text))
        }
        #expect(application.nextReceived() == "first")
        socket.peer.socket.close()
        try socket.send(.resumeReading(socket.id))
        #expect(application.nextReceived() == "second")
        try socket.send(.resumeReading(socket.id))
        #expect(application.nextReceived() == "third")
        try socket.send(.resumeReading(socket.id))
        #expect(application.nextClosed() == .clientLeft)
      }
    }
  }
}
