import Testing
import WebSocketProtocol

@Suite struct OpcodeTests {
  @Test(arguments: 0...UInt8(0xF)) func `only the six defined opcodes exist`(value: UInt8) {
    let isDefined = [0x0, 0x1, 0x2, 0x8, 0x9, 0xA].contains(value)
    #expect((Opcode(rawValue: value) != nil) == isDefined)
    #expect(Opcode(rawValue: value)?.isControl ?? true == (value >= 0x8) || !isDefined)
  }
}
