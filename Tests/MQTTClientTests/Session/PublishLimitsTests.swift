import Testing

@testable import MQTTClient

@Suite struct PublishLimitsTests {
  @Test func `the limit counts the whole packet`() throws {
    var publish = Publish(topic: "a/b", payload: [1, 2], qos: .atLeastOnce)
    publish.properties.contentType = "text"
    var packet = publish
    packet.packetID = 7
    let size = try PacketEncoder.encodedSize(of: .publish(packet), version: .v5)
    var limits = BrokerLimits()
    limits.maximumPacketSize = size
    #expect(limits.obstacle(to: publish, version: .v5) == nil)
    limits.maximumPacketSize = size - 1
    #expect(limits.obstacle(to: publish, version: .v5) == .packetTooLarge(limit: size - 1))
    #expect(limits.obstacle(to: publish, version: .v311) == nil)
  }

  @Test(arguments: [
    Publish(topic: "", payload: []), Publish(topic: "a/+", payload: []),
    Publish(topic: "a/#", payload: []), Publish(topic: "a\0", payload: []),
    Publish(topic: String(repeating: "a", count: 65_536), payload: []),
    InboundTopicAliasesTests.publish("a", alias: 0),
  ]) func `what no packet may carry is known`(publish: Publish) {
    #expect(!publish.isExpressible)
    #expect(Publish(topic: "a/b", payload: []).isExpressible)
  }

  @Test func `properties that are too long or the broker's alone cannot be sent`() {
    let long = String(repeating: "x", count: 65_536)
    var publish = Publish(topic: "a", payload: [])
    publish.properties.userProperties = [UserProperty("k", long)]
    #expect(!publish.isExpressible)
    publish.properties.userProperties = []
    publish.properties.subscriptionIdentifiers = [1]
    #expect(!publish.isExpressible)
    publish.properties.subscriptionIdentifiers = []
    publish.properties.responseTopic = "a/#"
    #expect(!publish.isExpressible)
  }

  @Test func `waiting shortens the expiry`() {
    var publish = Publish(topic: "a", payload: [])
    let withoutExpiry = publish.subtractAge(.seconds(100))
    publish.properties.messageExpiryInterval = 10
    let inTime = publish.subtractAge(.milliseconds(3900))
    #expect(publish.properties.messageExpiryInterval == 7)
    let late = publish.subtractAge(.seconds(7))
    #expect(publish.properties.messageExpiryInterval == 1)
    publish.properties.messageExpiryInterval = 0
    let atOnce = publish.subtractAge(.zero)
    #expect(publish.properties.messageExpiryInterval == 0)
    #expect([withoutExpiry, inTime, late, atOnce] == [true, true, false, true])
  }
}
