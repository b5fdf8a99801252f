import EventLoop
import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

extension LiveServerTests {
  @Suite struct WebSocketEndingTests {
    @Test func `the application closes with its own status behind what waits`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.say("last")
        try socket.send(
          .close(socket.id, CloseStatus(.policyViolation, reason: "token expired")),
          .message(socket.id, WebSocketMessage(.text, [])))
        #expect(try socket.text() == "last")
        #expect(
          try socket.closeStatus() == CloseStatus(.policyViolation, reason: "token expired"))
        #expect(application.nextClosed() == .ended)
        #expect(try socket.peer.next() == nil)
      }
    }

    @Test func `a client that closes is answered, and what waits for it is not sent`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        let status = CloseStatus(.normal, reason: "done")
        try socket.peer.close(status)
        #expect(try socket.closeStatus() == CloseStatus(.normal))
        #expect(application.nextClosed() == .closedByClient(status))
        #expect(eventually { server.statistics(ofShard: 0).streams == 0 })
      }
    }

    @Test func `a client that never answers a Close is cut off`() throws {
      let application = try TestWebSocket.application { $0.closeTimeout = .milliseconds(50) }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(.end(socket.id, last: Frame(webSocket: .text, "bye".utf8)))
        // The end of the server's Close is its status.
        let bytes = try socket.peer.socket.receive(exactly: 9)
        #expect(bytes == [0x81, 3] + Array("bye".utf8) + [0x88, 2, 0x03, 0xE8])
        #expect(application.nextClosed() == .ended)
        #expect(try socket.peer.socket.receive(until: Deadline(after: .seconds(10))) == [])
      }
    }

    @Test(arguments: [false, true])
    func `a client that goes without a Close is noticed`(resets: Bool) throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        if resets {
          socket.peer.socket.close(reset: true)
        } else {
          socket.peer.socket.shutdownSending()
        }
        #expect(application.nextClosed() == .clientLeft)
        try socket.say("nobody hears this")
        #expect(eventually { server.statistics(ofShard: 0).streams == 0 })
      }
    }

    @Test func `a client that answers no ping is cut off, and one that does is not`() throws {
      let application = try TestWebSocket.application { head in
        head.pingInterval = .milliseconds(20)
        head.pongTimeout = .milliseconds(200)
      }
      try withServer(application) { server in
        let deaf = try TestWebSocket(server, application)
        let polite = try TestWebSocket(server, application)
        for _ in 0..<30 { #expect(try polite.peer.next() == .ping([])) }
        let closed = application.next {
          if case .closed(let id, let reason) = $0, id == deaf.id { reason } else { nil }
        }
        #expect(closed == .unanswered)
        try polite.say("still here")
        #expect(try polite.text() == "still here")
      }
    }

    @Test func `a client that takes nothing is cut off after the stall limit`() throws {
      let application = try TestWebSocket.application { head in
        head.writeStallLimit = .milliseconds(100)
        head.waitingBytesMax = 64 << 20
      }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(
          .message(
            socket.id, WebSocketMessage(.binary, Array(repeating: 0, count: 32 << 20)[...])))
        #expect(application.nextClosed() == .stalled)
      }
    }

    @Test func `stop closes every WebSocket with 1001 behind its last words`() throws {
      let application = try TestWebSocket.application()
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let sockets = try (0..<20).map { _ in try TestWebSocket(server, application) }
      server.stop(deadline: .seconds(10))
      for socket in sockets {
        #expect(try socket.text() == "bye")
        // The closing handshake was answered when the message behind it was waited for.
        let status = try socket.closeStatus()
        #expect(status == CloseStatus(.goingAway, reason: "draining"))
      }
      server.join()
      for _ in sockets { #expect(application.nextClosed() == .serverStopped) }
    }

    @Test func `stop does not wait for WebSockets that say nothing`() throws {
      let application = try TestWebSocket.application { $0.closeTimeout = .seconds(600) }
      let server = try HTTPServer(options: HTTPServerOptions(), application: application)
      try server.start()
      let socket = try TestWebSocket(server, application)
      server.stop(deadline: .milliseconds(200))
      server.join()
      #expect(application.nextClosed() == .serverStopped)
      #expect(try socket.closeStatus()?.code == .goingAway)
    }
  }
}
