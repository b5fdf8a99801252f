import Testing
import WebSocketProtocol

/// The end of a WebSocket, whoever begins it, and the frames that control it. [RFC 6455, 7]
@Suite struct ClosingHandshakeTests {
  @Test func `the peer's Close is answered with its code, once`() {
    var harness = MachineHarness(.server)
    harness.feed(bytes("88 82 00 00 00 00 03 e9"))
    #expect(harness.machine.state == .closed)
    #expect(harness.heard.closed == CloseStatus(.goingAway))
    harness.machine.close(CloseStatus(.normal))
    harness.machine.send(.binary, [1])
    #expect(harness.heard.output == bytes("88 02 03 e9"))
    #expect(harness.machine.output.isEmpty)
  }

  @Test func `a Close without a code is answered by one without`() {
    var harness = MachineHarness(.server)
    harness.feed(bytes("88 80 00 00 00 00"))
    #expect(harness.heard.closed == CloseStatus(nil))
    #expect(harness.heard.output == bytes("88 00"))
  }

  @Test func `after our Close messages are read, pings are not answered, and nothing is sent`() {
    var harness = MachineHarness(.server)
    harness.machine.close(CloseStatus(.goingAway, reason: "bye"))
    #expect(harness.machine.state == .closing)
    harness.machine.send(.binary, [1])
    harness.machine.ping()
    harness.feed(bytes("82 81 00 00 00 00 07" + "89 80 00 00 00 00"))
    #expect(harness.heard.messages == [.binary([7])])
    #expect(harness.heard.pings == [[]])
    harness.feed(bytes("88 82 00 00 00 00 03 e9"))
    #expect(harness.machine.state == .closed)
    #expect(harness.heard.output == bytes("88 05 03 e9 62 79 65"))
  }

  @Test func `a reason that is too long is cut at a character`() {
    let status = CloseStatus(.normal, reason: "ab" + String(repeating: "€", count: 50))
    #expect(status.reason == "ab" + String(repeating: "€", count: 40))
    #expect(CloseStatus(.normal, reason: String(repeating: "x", count: 123)).reason.count == 123)
  }

  @Test(arguments: [0...1020, 2990...3010, 4990...5010, 65_500...UInt16.max])
  func `only assigned and private codes are taken`(codes: ClosedRange<UInt16>) {
    for code in codes {
      let isAllowed =
        [1000, 1001, 1002, 1003].contains(code) || (1007...1014).contains(code)
        || (3000...4999).contains(code)
      #expect(CloseCode(rawValue: code).isSendable == isAllowed, "\(code)")
    }
  }

  @Test func `while the peer takes nothing, only its latest ping is answered`() {
    var machine = WebSocketMachine(.server)
    machine.send(.binary, Array(repeating: 0, count: 65_000)[...])
    let waiting = machine.output.count
    for number in 0..<200 {
      machine.append(bytes("89 84 00 00 00 00")[...])
      machine.append([UInt8(number), 0, 0, 0])
      machine.append([])
      while (try? machine.next()) != nil {}
    }
    #expect(machine.output.count < 66_000, "\(machine.output.count - waiting) bytes of pongs")
    machine.wrote(machine.output.count)
    #expect(machine.output == [0x8A, 4, 199, 0, 0, 0])
  }

  @Test func `no waiting pong goes out after our Close`() {
    var machine = WebSocketMachine(.server)
    machine.send(.binary, Array(repeating: 0, count: 70_000)[...])
    machine.append(bytes("89 80 00 00 00 00")[...])
    while (try? machine.next()) != nil {}
    machine.close(CloseStatus(nil))
    machine.wrote(machine.output.count)
    #expect(machine.output.isEmpty)
  }

  @Test func `a ping has at most 125 bytes`() {
    var machine = WebSocketMachine(.server)
    machine.ping(Array(repeating: 1, count: 200)[...])
    #expect(machine.output.prefix(2) == [0x89, 125] && machine.output.count == 127)
  }
}
