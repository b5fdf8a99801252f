import TestSupport
import Testing
import WebSocketProtocol

/// Compressed messages, as RFC 7692 shows them and between both ends.
@Suite struct DeflateTests {
  private static func heard(
    _ text: String, _ change: (inout DeflateParameters, inout WebSocketLimits) -> Void = { _, _ in }
  ) -> Heard {
    var (deflate, limits) = (DeflateParameters(), WebSocketLimits())
    change(&deflate, &limits)
    var harness = MachineHarness(limits: limits, deflate: deflate)
    harness.feed(bytes(text))
    return harness.heard
  }

  @Test func `the examples of the standard are understood`() {
    let hello = [WebSocketMessage.text("Hello")]
    #expect(Self.heard("c1 07 f2 48 cd c9 c9 07 00").messages == hello)
    #expect(Self.heard("41 03 f2 48 cd 80 04 c9 c9 07 00").messages == hello)
    #expect(
      Self.heard("c1 07 f2 48 cd c9 c9 07 00" + "c1 05 f2 00 11 00 00").messages == hello + hello)
    #expect(Self.heard("c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00").messages == hello)
    #expect(Self.heard("c1 08 f3 48 cd c9 c9 07 00 00").messages == hello)
    #expect(
      Self.heard("c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00").messages == hello)
    #expect(Self.heard("c1 01 00").messages == [.text("")])
    #expect(Self.heard("81 05 48 65 6c 6c 6f").messages == hello)
  }

  @Test func `a final block does not end the context`() {
    let heard = Self.heard("c1 08 f3 48 cd c9 c9 07 00 00" + "c1 05 f2 00 11 00 00")
    #expect(heard.messages == [.text("Hello"), .text("Hello")])
  }

  @Test func `without context takeover an earlier message is out of reach`() {
    let heard = Self.heard("c1 07 f2 48 cd c9 c9 07 00" + "c1 05 f2 00 11 00 00") { deflate, _ in
      deflate.serverContextTakeover = false
    }
    #expect(heard.messages == [.text("Hello")])
    #expect(heard.violation == .invalidCompression)
  }

  @Test(arguments: [
    ("c2 02 ff ff", WebSocketViolation.invalidCompression),
    ("c2 05 00 05 00 fa fe", .invalidCompression),
    ("89 00 c9 00", .reservedBits),
    ("42 00 c0 00", .reservedBits),
  ])
  func `what cannot be decompressed is a violation`(text: String, violation: WebSocketViolation) {
    #expect(Self.heard(text).violation == violation)
  }

  @Test func `a text is checked after decompression`() {
    var deflate = MachineHarness(.server, deflate: DeflateParameters())
    deflate.machine.send(.text, Array(repeating: 0xFF, count: 1000)[...])
    var receiver = MachineHarness(deflate: DeflateParameters())
    receiver.feed(Array(deflate.machine.output))
    #expect(receiver.heard.violation == .invalidText)
  }

  @Test func `a bomb is stopped at the limit of the message`() throws {
    var limits = WebSocketLimits()
    limits.messageBytesMax = 100_000
    var sender = WebSocketMachine(.server, deflate: DeflateParameters())
    sender.send(.binary, Array(repeating: 0, count: 10_000_000)[...])
    #expect(sender.output.count < 11_000)
    var receiver = WebSocketMachine(
      .client(maskKey: { 0 }), limits: limits, deflate: DeflateParameters())
    receiver.append(sender.output)
    var received = 0
    #expect(throws: WebSocketViolation.messageTooLarge(limit: 100_000)) {
      while let event = try receiver.next() {
        guard case .part(let part) = event else { continue }
        #expect(part.bytes.count <= 64 << 10)
        received += part.bytes.count
      }
    }
    #expect(received <= 100_000)
  }

  /// All windows and takeovers, with messages that repeat themselves far back.
  @Test(arguments: [8, 9, 12, 15])
  func `both ends understand each other with every window`(bits: Int) {
    var random = SeededGenerator(for: "windows")
    for keepsContext in [true, false] {
      var deflate = DeflateParameters()
      deflate.clientWindowBits = bits
      deflate.serverWindowBits = bits
      deflate.clientContextTakeover = keepsContext
      deflate.serverContextTakeover = keepsContext
      var client = MachineHarness(deflate: deflate)
      var server = MachineHarness(.server, deflate: deflate)
      let phrase = random.bytes(300)
      for count in [0, 1, 63, 64, 65, 700, 70_000] {
        let message = (0..<count).map { (index: Int) -> UInt8 in
          index % 7 == 3 ? UInt8(index & 3) : phrase[index % 300]
        }
        client.machine.send(.binary, message[...])
        server.feed(Array(client.machine.output))
        client.machine.wrote(client.machine.output.count)
        #expect(server.heard.messages.last == .binary(message), "\(count) bytes, \(bits) bits")
        server.machine.send(.binary, message[...])
        client.feed(Array(server.machine.output))
        server.machine.wrote(server.machine.output.count)
        #expect(client.heard.messages.last == .binary(message), "\(count) bytes, \(bits) bits")
      }
      #expect(client.heard.messages.count == 7 && server.heard.violation == nil)
    }
  }

  @Test func `a second equal message is shorter, but not without context takeover`() {
    func sizes(_ keepsContext: Bool) -> (Int, Int) {
      var deflate = DeflateParameters()
      deflate.serverContextTakeover = keepsContext
      var machine = WebSocketMachine(.server, deflate: deflate)
      var random = SeededGenerator(seed: 1)
      let message = random.bytes(200)
      machine.send(.binary, message[...])
      let first = machine.output.count
      machine.send(.binary, message[...])
      return (first, machine.output.count - first)
    }
    let (first, second) = sizes(true)
    #expect(second < first / 4)
    let (alone, again) = sizes(false)
    #expect(alone == again)
  }

  @Test func `short messages go out as they are`() {
    var machine = WebSocketMachine(.server, deflate: DeflateParameters())
    machine.send(.text, Array(repeating: 0x61, count: 63)[...])
    #expect(machine.output.first == 0x81)
  }
}
