import Testing
import WebSocketProtocol

/// Frames as the standard shows them, and as nobody may send them. [RFC 6455, 5]
@Suite struct WebSocketMachineTests {
  private static func heard(
    _ text: String, _ role: WebSocketRole = .client(maskKey: { 0 }),
    limits: WebSocketLimits = WebSocketLimits(), deflate: DeflateParameters? = nil
  ) -> Heard {
    var harness = MachineHarness(role, limits: limits, deflate: deflate)
    harness.feed(bytes(text))
    return harness.heard
  }

  @Test func `the examples of the standard are understood`() {
    #expect(Self.heard("81 05 48 65 6c 6c 6f").messages == [.text("Hello")])
    #expect(
      Self.heard("81 85 37 fa 21 3d 7f 9f 4d 51 58", .server).messages == [.text("Hello")])
    #expect(Self.heard("01 03 48 65 6c 80 02 6c 6f").messages == [.text("Hello")])
    let ping = Self.heard("89 05 48 65 6c 6c 6f")
    #expect(ping.pings == [Array("Hello".utf8)])
    #expect(ping.output == bytes("8a 85 00 00 00 00 48 65 6c 6c 6f"))
    #expect(Self.heard("8a 85 37 fa 21 3d 7f 9f 4d 51 58", .server).pongs == [Array("Hello".utf8)])
    let half = [UInt8](repeating: 7, count: 256)
    var harness = MachineHarness()
    harness.feed(bytes("82 7e 01 00") + half)
    harness.feed(bytes("82 7f 00 00 00 00 00 01 00 00") + Array(repeating: 9, count: 65_536))
    #expect(harness.heard.messages == [.binary(half), .binary(Array(repeating: 9, count: 65_536))])
  }

  @Test(arguments: [
    ("91", WebSocketViolation.reservedBits),
    ("a1", .reservedBits),
    ("c1", .reservedBits),
    ("83", .unknownOpcode(3)),
    ("87", .unknownOpcode(7)),
    ("8f", .unknownOpcode(15)),
    ("81 80", .wrongMasking),
    ("09", .fragmentedControl),
    ("08", .fragmentedControl),
    ("89 7e", .longControl),
    ("88 7f", .longControl),
    ("82 7e 00 7d", .malformedLength),
    ("82 7e 00 00", .malformedLength),
    ("82 7f 00 00 00 00 00 00 ff ff", .malformedLength),
    ("82 7f 80 00 00 00 00 00 00 00", .malformedLength),
    ("82 7f ff ff ff ff ff ff ff ff", .malformedLength),
    ("82 7f 7f ff ff ff ff ff ff ff", .frameTooLarge(limit: 1000)),
    ("82 7e 03 e9", .frameTooLarge(limit: 1000)),
    (
      "02 7e 03 e8" + String(repeating: "00", count: 1000) + "80 7e 01 f5",
      .messageTooLarge(limit: 1500)
    ),
    ("80 00", .continuationOfNothing),
    ("00 01", .continuationOfNothing),
    ("01 01 61 81 01", .interruptedMessage),
    ("02 00 82 00", .interruptedMessage),
    ("81 01 ff", .invalidText),
    ("81 01 c3", .invalidText),
    ("01 02 61 ff", .invalidText),
    ("01 01 c3 80 01 28", .invalidText),
    ("88 01 03", .closePayloadTooShort),
    ("88 02 03 e7", .invalidCloseCode(999)),
    ("88 02 03 ed", .invalidCloseCode(1005)),
    ("88 02 03 ee", .invalidCloseCode(1006)),
    ("88 02 03 f7", .invalidCloseCode(1015)),
    ("88 02 0b b7", .invalidCloseCode(2999)),
    ("88 02 13 88", .invalidCloseCode(5000)),
    ("88 03 03 e8 ff", .invalidText),
  ])
  func `a violation is found with its first byte and answered`(
    text: String, violation: WebSocketViolation
  ) {
    var limits = WebSocketLimits()
    limits.frameBytesMax = 1000
    limits.messageBytesMax = 1500
    let heard = Self.heard(text, limits: limits)
    #expect(heard.violation == violation)
    #expect(heard.messages.isEmpty && heard.closed == nil)
    let code = violation.closeCode.rawValue
    let reason = Array(violation.description.utf8)
    let expected: [UInt8] =
      [0x88, 0x80 | UInt8(reason.count + 2), 0, 0, 0, 0, UInt8(code >> 8), UInt8(code & 0xFF)]
      + reason
    #expect(heard.output == expected)
    // One byte earlier it was not wrong.
    var earlier = MachineHarness(limits: limits)
    earlier.feed(bytes(text).dropLast())
    #expect(earlier.heard.violation == nil)
  }

  @Test func `a server takes no frame without a mask`() {
    #expect(Self.heard("81 00", .server).violation == .wrongMasking)
  }

  @Test func `a stream is the same wherever it is cut, and byte by byte`() {
    let stream = bytes(
      "81 85 37 fa 21 3d 7f 9f 4d 51 58" + "02 83 01 02 03 04 05 06 07" + "89 81 00 00 00 00 41"
        + "80 84 ff fe fd fc 01 02 03 04" + "81 83 00 00 00 00 e2 82 ac" + "82 80 01 02 03 04"
        + "88 87 00 00 00 00 03 e8 62 79 65 21 21" + "81 80 00 00 00 00")
    var whole = MachineHarness(.server)
    whole.feed(stream)
    #expect(
      whole.heard.messages
        == [
          .text("Hello"), .binary(bytes("04 04 04 fe fc fe f8")), .text("€"), .binary([]),
        ])
    #expect(whole.heard.closed == CloseStatus(.normal, reason: "bye!!"))
    #expect(whole.heard.output == bytes("8a 01 41 88 02 03 e8"))
    for cut in 0...stream.count {
      var harness = MachineHarness(.server)
      harness.feed(Array(stream[..<cut]))
      harness.feed(Array(stream[cut...]))
      #expect(harness.heard == whole.heard, "cut at \(cut)")
    }
    var harness = MachineHarness(.server)
    for byte in stream { harness.feed([byte]) }
    #expect(harness.heard == whole.heard)
  }

  @Test func `several inputs may wait for one look`() throws {
    var machine = WebSocketMachine(.client(maskKey: { 0 }))
    machine.append([0x82])
    machine.append([0x02, 1])
    machine.append([2, 0x89, 0])
    let hadInput = machine.hasInput
    var events: [WebSocketMachine.Event] = []
    while let event = try machine.next() { events.append(event) }
    let hasInput = machine.hasInput
    #expect(hadInput && !hasInput && events.last == .ping([]))
    #expect(events.count == 2)
  }

  @Test func `after a violation nothing is read and nothing is sent`() {
    var harness = MachineHarness()
    harness.feed(bytes("83 00 81 01 61"))
    harness.feed(bytes("81 01 61"))
    harness.machine.send(.text, [0x61])
    harness.machine.ping()
    harness.machine.close(CloseStatus(.normal))
    #expect(harness.machine.output.isEmpty)
    #expect(harness.heard.messages.isEmpty && harness.heard.violation == .unknownOpcode(3))
    #expect(harness.machine.state == .failed(.unknownOpcode(3)))
  }

  @Test func `long messages go out in fragments`() {
    var limits = WebSocketLimits()
    limits.sentFrameBytesMax = 4
    var harness = MachineHarness(.server, limits: limits)
    harness.machine.send(.binary, [1, 2, 3, 4, 5, 6, 7, 8, 9])
    #expect(harness.machine.output == bytes("02 04 01 02 03 04 00 04 05 06 07 08 80 01 09")[...])
  }
}
