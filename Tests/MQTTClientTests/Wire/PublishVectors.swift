import MQTTClient

extension PacketVector {
  static let publish = [
    PacketVector(
      "QoS 0 without payload", .v311, to: .client, "30 ['t']",
      .publish(Publish(topic: "t", payload: []))),
    PacketVector(
      "QoS 1 retained", .v311, to: .server, "33 ['a/b' 0001 68 69]",
      .publish(
        Publish(
          topic: "a/b", payload: [0x68, 0x69], qos: .atLeastOnce, isRetained: true, packetID: 1))),
    PacketVector(
      "QoS 2 duplicate", .v311, to: .client, "3C ['a/b' FFFF 00]",
      .publish(
        Publish(
          topic: "a/b", payload: [0], qos: .exactlyOnce, isDuplicate: true, packetID: .max))),
    PacketVector(
      "topic beyond ASCII", .v311, to: .client, "30 ['zählwerk/ℓ/🜁']",
      .publish(Publish(topic: "zählwerk/ℓ/🜁", payload: []))),
    PacketVector(
      "a byte order mark is kept", .v5, to: .client, "30 [0004 EFBBBF 74 []]",
      .publish(Publish(topic: "\u{FEFF}t", payload: []))),
    PacketVector(
      "remaining length of two bytes", .v5, to: .client,
      "30 ['t' [] \(String(repeating: "2A", count: 200))]",
      .publish(Publish(topic: "t", payload: Bytes(repeating: 0x2A, count: 200)))),
    PacketVector(
      "QoS 0 without properties", .v5, to: .client, "31 ['t' [] 2A]",
      .publish(Publish(topic: "t", payload: [0x2A], isRetained: true))),
    PacketVector(
      "topic alias in place of the topic", .v5, to: .server, "30 ['' [23 FFFF]]",
      .publish(
        Publish(topic: "", payload: [], properties: Publish.Properties { $0.topicAlias = .max }))),
    PacketVector(
      "all properties to a server", .v5, to: .server,
      """
      34 ['t' 000A [
        01 00  02 00000001  23 0001  08 'r'  09 0000  26 '' ''  03 ''
      ] 00]
      """,
      .publish(
        Publish(
          topic: "t", payload: [0], qos: .exactlyOnce, packetID: 10,
          properties: Publish.Properties {
            $0.payloadIsUTF8 = false
            $0.messageExpiryInterval = 1
            $0.topicAlias = 1
            $0.responseTopic = "r"
            $0.correlationData = []
            $0.userProperties = [UserProperty("", "")]
            $0.contentType = ""
          }))),
    PacketVector(
      "subscription identifiers from one to four bytes", .v5, to: .client,
      "30 ['t' [0B 01  0B 8001  0B 808001  0B FFFFFF7F  0B 01]]",
      .publish(
        Publish(
          topic: "t", payload: [],
          properties: Publish.Properties {
            $0.subscriptionIdentifiers = [1, 128, 16_384, 268_435_455, 1]
          }))),
  ]

  static let replies = [
    reply("success", .v311, "40 02 0001", PublishReply(1)) { .publishAck($0) },
    reply("success", .v311, "50 02 0001", PublishReply(1)) { .publishReceived($0) },
    reply("success", .v311, "62 02 FFFF", PublishReply(.max)) { .publishRelease($0) },
    reply("success", .v311, "70 02 0001", PublishReply(1)) { .publishComplete($0) },
    reply("success in short form", .v5, "40 02 0001", PublishReply(1)) { .publishAck($0) },
    reply("success in short form", .v5, "50 02 0001", PublishReply(1)) { .publishReceived($0) },
    reply("success in short form", .v5, "62 02 0001", PublishReply(1)) { .publishRelease($0) },
    reply("success in short form", .v5, "70 02 0001", PublishReply(1)) { .publishComplete($0) },
    reply("reason code only", .v5, "40 03 0001 10", PublishReply(1, .noMatchingSubscribers)) {
      .publishAck($0)
    },
    reply("reason code only", .v5, "50 03 0001 97", PublishReply(1, .quotaExceeded)) {
      .publishReceived($0)
    },
    reply("reason code only", .v5, "62 03 0001 92", PublishReply(1, .packetIdentifierNotFound)) {
      .publishRelease($0)
    },
    reply(
      "success with properties", .v5, "70 [0001 00 [26 'a' 'b']]",
      PublishReply(1, userProperties: [UserProperty("a", "b")])
    ) { .publishComplete($0) },
    reply(
      "all properties", .v5, "40 [0001 87 [1F 'no' 26 'a' 'b' 26 'c' 'd']]",
      PublishReply(
        1, .notAuthorized, reasonString: "no",
        userProperties: [UserProperty("a", "b"), UserProperty("c", "d")])
    ) { .publishAck($0) },
  ]

  private static func reply(
    _ name: String, _ version: ProtocolVersion, _ notation: String, _ reply: PublishReply,
    as packet: (PublishReply) -> Packet
  ) -> Self {
    Self(name, version, to: .client, notation, packet(reply))
  }
}
