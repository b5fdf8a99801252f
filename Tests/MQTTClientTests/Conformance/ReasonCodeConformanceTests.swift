import MQTTClient
import Testing

/// Chapter 3: which reason codes each packet can carry.
@Suite struct ReasonCodeConformanceTests {
  struct Table: Sendable, CustomTestStringConvertible {
    let type: PacketType
    /// The bytes before and after the reason code.
    let before: String
    let after: String
    let codes: Set<UInt8>
    let packet: @Sendable (ReasonCode) -> Packet

    var testDescription: String { type.name }
  }

  static let acknowledgements: Set<UInt8> = [
    0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99,
  ]

  static let tables: [Table] = [
    Table(
      type: .connectAck, before: "00", after: "[]",
      codes: [
        0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0x8C, 0x90, 0x95,
        0x97, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9F,
      ]
    ) { .connectAck(ConnectAck(sessionPresent: false, reasonCode: $0)) },
    Table(type: .publishAck, before: "0001", after: "", codes: acknowledgements) {
      .publishAck(PublishReply(1, $0))
    },
    Table(type: .publishReceived, before: "0001", after: "", codes: acknowledgements) {
      .publishReceived(PublishReply(1, $0))
    },
    Table(type: .publishRelease, before: "0001", after: "", codes: [0x00, 0x92]) {
      .publishRelease(PublishReply(1, $0))
    },
    Table(type: .publishComplete, before: "0001", after: "", codes: [0x00, 0x92]) {
      .publishComplete(PublishReply(1, $0))
    },
    Table(
      type: .subscribeAck, before: "0001 []", after: "",
      codes: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2]
    ) { .subscribeAck(SubscribeAck(packetID: 1, reasonCodes: [$0])) },
    Table(
      type: .unsubscribeAck, before: "0001 []", after: "",
      codes: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8F, 0x91]
    ) { .unsubscribeAck(UnsubscribeAck(packetID: 1, reasonCodes: [$0])) },
    Table(
      type: .disconnect, before: "", after: "",
      codes: [
        0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x90, 0x93,
        0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0x9B, 0x9C, 0x9D, 0x9E, 0x9F, 0xA0, 0xA1, 0xA2,
      ]
    ) { .disconnect(Disconnect($0)) },
    Table(type: .auth, before: "", after: "[15 'K']", codes: [0x00, 0x18, 0x19]) {
      .auth(Auth($0, authenticationMethod: "K"))
    },
  ]

  @Test(arguments: tables) func `only the listed reason codes are accepted`(table: Table) {
    for byte in UInt8.min ... .max {
      let flags = FixedHeaderConformanceTests.flags[table.type] ?? 0
      let first = String(table.type.rawValue << 4 | flags, radix: 16)
      let code = (byte < 16 ? "0" : "") + String(byte, radix: 16)
      var decoder = PacketDecoder(version: .v5)
      decoder.append(wire("\(first) [\(table.before) \(code) \(table.after)]"))
      let result = Result { () throws(DecodeError) in try decoder.next() }
      let expected = table.packet(ReasonCode(rawValue: byte))
      #expect(
        (result == .success(expected)) == table.codes.contains(byte), "\(table.type.name) \(code)")
    }
  }

  @Test(arguments: tables) func `only the listed reason codes are sent`(table: Table) {
    for byte in UInt8.min ... .max {
      let code = ReasonCode(rawValue: byte)
      var buffer: [UInt8] = []
      let result = Result { () throws(EncodeError) in
        try PacketEncoder.encode(table.packet(code), version: .v5, into: &buffer)
      }
      switch result {
      case .success: #expect(table.codes.contains(byte), "\(table.type.name) \(code)")
      case .failure(let error):
        #expect(error == .reasonCodeNotAllowed(code))
        #expect(!table.codes.contains(byte), "\(table.type.name) \(code)")
      }
    }
  }
}
