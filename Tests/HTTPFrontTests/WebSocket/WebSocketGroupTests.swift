import EventLoop
import HTTPFront
import TestSupport
import Testing
import WebSocketProtocol

extension LiveServerTests {
  @Suite struct WebSocketGroupTests {
    private func frame(_ number: Int, size: Int = 0) -> Frame {
      let text = "\(number) " + String(repeating: "x", count: size)
      return Frame(webSocket: .text, text.utf8, position: Int64(number))
    }

    private func number(_ text: String?) -> Int { TestFrames.number(of: text ?? "") }

    @Test func `a group's frames go to every member, in order with those for one alone`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let plain = try TestWebSocket(server, application)
        let deflated = try TestWebSocket(server, application, deflate: DeflateParameters())
        #expect(deflated.peer.deflate != nil)
        let result = String(repeating: "result ", count: 100)
        try plain.send(.join(plain.id, 7), .join(deflated.id, 7), .append(frame(1), groups: [7]))
        for round in 0..<3 {
          try plain.say("\(round)")
          try deflated.say("\(result)\(round)")
          try plain.send(.append(frame(2 + round, size: 1000), groups: [7]))
        }
        #expect(number(try plain.text()) == 1)
        #expect(number(try deflated.text()) == 1)
        for round in 0..<3 {
          #expect(try plain.text() == "\(round)")
          #expect(try deflated.text() == "\(result)\(round)")
          #expect(number(try plain.text()) == 2 + round)
          #expect(number(try deflated.text()) == 2 + round)
        }
      }
    }

    @Test func `pings are answered while the group's frames flow`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(.join(socket.id, 7))
        for round in 0..<50 {
          try socket.peer.ping([UInt8(round)])
          try socket.send(.append(frame(round, size: 20_000), groups: [7]))
        }
        var pongs = 0
        var frames = 0
        while pongs + frames < 100 {
          switch try socket.peer.next() {
          case .pong(let bytes)?:
            #expect(bytes == [UInt8(pongs)])
            pongs += 1
          case .part(let part)?: frames += part.isLast ? 1 : 0
          default: Issue.record("an unexpected end")
          }
        }
      }
    }

    @Test func `a held one gets its results and pongs before its group's frames`() throws {
      let application = try TestWebSocket.application()
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(
          .join(socket.id, 7, isHeld: true), .append(frame(9), groups: [7]),
          .replay(socket.id, [frame(1), frame(2)]))
        try socket.say("result")
        #expect(number(try socket.text()) == 1)
        #expect(number(try socket.text()) == 2)
        #expect(try socket.text() == "result")
        try socket.peer.ping()
        #expect(try socket.peer.next() == .pong([]))
        try socket.send(.release(socket.id))
        #expect(number(try socket.text()) == 9)
      }
    }

    @Test func `a slow one falls behind, is told where, and catches up by a replay`() throws {
      let application = try TestWebSocket.application()
      try withServer(application, { $0.ringBytes = 1 << 20 }) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(.join(socket.id, 7))
        var sent = 0
        while server.statistics(ofShard: 0).lagsTotal == 0, sent < 4000 {
          sent += 1
          try socket.send(.append(frame(sent, size: 20_000), groups: [7]))
        }
        let after = Int(try #require(application.nextLagged()))
        for number in 1...after { #expect(self.number(try socket.text()) == number) }
        #expect(application.nextDrained() == Int64(after))
        try socket.send(
          .join(socket.id, 7, isHeld: true),
          .replay(socket.id, (after + 1...after + 3).map { frame($0) }), .release(socket.id),
          .append(frame(after + 4), groups: [7]))
        for number in after + 1...after + 4 { #expect(self.number(try socket.text()) == number) }
      }
    }

    @Test func `one that may not fall behind is closed with 4008`() throws {
      let application = try TestWebSocket.application { $0.whenBehind = .end(nil) }
      try withServer(application, { $0.ringBytes = 1 << 20 }) { server in
        let socket = try TestWebSocket(server, application)
        try socket.send(.join(socket.id, 7))
        var sent = 0
        while server.statistics(ofShard: 0).lagsTotal == 0, sent < 4000 {
          sent += 1
          try socket.send(.append(frame(sent, size: 20_000), groups: [7]))
        }
        #expect(try socket.closeStatus()?.code == .tooSlow)
        #expect(application.nextClosed() == .fellBehind)
      }
    }

    @Test func `while much waits for one alone nothing is read from it`() throws {
      let application = try TestWebSocket.application { head in
        head.crowdedBytes = 100_000
        head.waitingBytesMax = 1 << 30
      }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        let text = String(repeating: "x", count: 50_000)
        var said = 0
        var isCrowded = false
        while !isCrowded, said < 2000 {
          said += 1
          try socket.say(text)
          isCrowded = application.takeAll().contains(.crowded(socket.id))
        }
        #expect(isCrowded)
        // More than the system's buffers can grow to take.
        for _ in 0..<400 { try socket.say(text) }
        said += 400
        try socket.peer.send(.text, Array("hello".utf8)[...])
        // Whoever else speaks is heard, twice.
        let other = try TestWebSocket(server, application)
        for text in ["first", "second"] {
          try other.peer.send(.text, Array(text.utf8)[...])
          #expect(application.next { $0 == .received(other.id, text) ? true : nil } == true)
        }
        #expect(!application.takeAll().contains(.received(socket.id, "hello")))
        for _ in 0..<said { #expect(try socket.text()?.utf8.count == 50_000) }
        #expect(application.nextReceived() == "hello")
      }
    }

    @Test func `more than may wait for one alone closes it with 4008`() throws {
      let application = try TestWebSocket.application { $0.waitingBytesMax = 1_000_000 }
      try withServer(application) { server in
        let socket = try TestWebSocket(server, application)
        let text = String(repeating: "x", count: 50_000)
        for _ in 0..<400 { try socket.say(text) }
        #expect(application.next { if case .crowded = $0 { true } else { nil } } == true)
        #expect(try socket.closeStatus()?.code == .tooSlow)
        #expect(application.nextClosed() == .fellBehind)
      }
    }
  }
}
