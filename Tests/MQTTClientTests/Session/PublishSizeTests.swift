import Testing

@testable import MQTTClient

@Suite struct PublishSizeTests {
  @Test func `an MQTT 3 publish has a header, a topic, an identifier and a payload`() {
    let small = Publish(topic: "a/b", payload: [1, 2])
    #expect(PublishSize.bytes(small, version: .v311) == 2 + 2 + 3 + 2)
    let acknowledged = Publish(topic: "a/b", payload: [1, 2], qos: .atLeastOnce, packetID: 1)
    #expect(PublishSize.bytes(acknowledged, version: .v311) == 2 + 2 + 3 + 2 + 2)
  }

  @Test func `every property counts`() {
    var publish = Publish(topic: "a", payload: [])
    #expect(PublishSize.bytes(publish, version: .v5) == 2 + 3 + 1)
    publish.properties.payloadIsUTF8 = true
    publish.properties.messageExpiryInterval = 1
    publish.properties.topicAlias = 1
    publish.properties.responseTopic = "rr"
    publish.properties.correlationData = [1, 2, 3]
    publish.properties.contentType = "text"
    publish.properties.subscriptionIdentifiers = [1, 200]
    publish.properties.userProperties = [UserProperty("k", "vv")]
    let properties = 2 + 5 + 3 + 5 + 6 + 7 + 2 + 3 + 8
    #expect(PublishSize.bytes(publish, version: .v5) == 2 + 3 + 1 + properties)
  }

  @Test(arguments: [
    (0, 1), (127, 1), (128, 2), (16_383, 2), (16_384, 3), (2_097_151, 3), (2_097_152, 4),
  ]) func `variable integers grow with their value`(value: Int, length: Int) {
    #expect(PublishSize.variableInteger(value) == length)
  }

  @Test(arguments: [
    Publish(topic: "", payload: []), Publish(topic: "a/+", payload: []),
    Publish(topic: "a/#", payload: []), Publish(topic: "a\0", payload: []),
    Publish(topic: String(repeating: "a", count: 65_536), payload: []),
    InboundTopicAliasesTests.publish("a", alias: 1),
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
