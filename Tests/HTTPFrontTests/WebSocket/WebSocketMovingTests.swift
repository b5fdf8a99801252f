import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

extension LiveServerTests {
  /// Sockets that change their groups.
  @Suite struct WebSocketMovingTests {
    private func frame(_ number: Int, size: Int = 0) -> Frame {
      let text = "\(number) " + String(repeating: "x", count: size)
      return Frame(webSocket: .text, text.utf8, position: Int64(number))
    }

    private func numbers(_ count: Int, of socket: TestWebSocket) throws -> [Int] {
      try (0..<count).map { _ in TestFrames.number(of: try socket.text() ?? "") }
    }

    @Test func `one that moves writes what it has not written of its old group first`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        let other = try TestWebSocket(server, application)
        try socket.send(.join(socket.id, 7), .join(other.id, 7))
        // More than the socket takes at once, so that some of it waits.
        let old = (1...200).map { StreamCommand.append(frame($0, size: 20_000), groups: [7]) }
        for command in old { try socket.send(command) }
        try socket.send(
          .move(socket.id, 8, through: 200), .append(frame(201), groups: [8]),
          .append(frame(999), groups: [7]), .append(frame(202), groups: [8, 7]))
        #expect(try numbers(202, of: socket) == Array(1...202))
        #expect(try numbers(202, of: other) == Array(1...200) + [999, 202])
      }
    }

    @Test func `one that parts writes what it has, tells where it is, and gets no more`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(.join(socket.id, 7, through: 5))
        try socket.send(.part(socket.id))
        #expect(application.nextLagged() == 5)
        try socket.send(.join(socket.id, 7, through: 5))
        for number in 6...205 { try socket.send(.append(frame(number, size: 20_000), groups: [7])) }
        try socket.send(.part(socket.id), .append(frame(206), groups: [7]), .part(socket.id))
        #expect(application.nextLagged() == 205)
        try socket.send(.move(socket.id, 8, through: 300), .append(frame(301), groups: [8]))
        try socket.send(.replay(socket.id, [frame(206)]))
        #expect(try numbers(201, of: socket) == Array(6...206))
      }
    }

    @Test func `a held one that parts has nothing of its group`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(
          .join(socket.id, 7, isHeld: true, through: 9), .append(frame(10), groups: [7]),
          .part(socket.id), .replay(socket.id, [frame(8), frame(9)]))
        #expect(application.nextLagged() == 9)
        #expect(try numbers(2, of: socket) == [8, 9])
        try socket.say("11")
        #expect(try numbers(1, of: socket) == [11])
      }
    }

    @Test func `one for which too much waits to move falls behind instead`() throws {
      let application = try TestWebSocket.application { $0.waitingBytesMax = 100_000 }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(.join(socket.id, 7))
        for number in 1...1000 {
          try socket.send(.append(frame(number, size: 20_000), groups: [7]))
        }
        try socket.send(.move(socket.id, 8, through: 1000), .append(frame(1001), groups: [8]))
        let after = Int(try #require(application.nextLagged()))
        #expect(after < 1000)
        #expect(try numbers(after, of: socket) == Array(1...after))
        try socket.say("\(after + 1)")
        #expect(try numbers(1, of: socket) == [after + 1])
      }
    }
  }
}
