import MQTTClient
import Testing

@testable import MQTTSessionStore

@Suite struct StoredItemCodingTests {
  @Test func `a message comes back with everything it had`() throws {
    var publish = Publish(
      topic: "a/ü", payload: [0, 1, 255], qos: .exactlyOnce, isRetained: true)
    publish.properties.payloadIsUTF8 = false
    publish.properties.messageExpiryInterval = 77
    publish.properties.topicAlias = 9
    publish.properties.responseTopic = "r"
    publish.properties.correlationData = [7]
    publish.properties.contentType = "text"
    publish.properties.userProperties = [UserProperty("k", "v")]
    let stored = StoredPublish(
      sequence: .max - 5, publish: publish, acceptedAt: 1_790_000_000_123, isReceived: true)
    let bytes = try #require(StoredItemCoding.encode(stored))
    #expect(StoredItemCoding.decode(bytes, isReceived: true) == .publish(stored))
  }

  @Test func `a delivery comes back as its packet identifier`() {
    for id: PacketID in [1, 256, .max] {
      #expect(
        StoredItemCoding.decode(StoredItemCoding.encode(id), isReceived: false) == .inbound(id))
    }
  }

  @Test func `what nobody wrote is refused`() throws {
    #expect(StoredItemCoding.decode([], isReceived: false) == nil)
    #expect(StoredItemCoding.decode([3, 1, 2], isReceived: false) == nil)
    #expect(StoredItemCoding.decode([2, 1], isReceived: false) == nil)
    let stored = StoredPublish(
      sequence: 1, publish: Publish(topic: "t", payload: [1], qos: .atLeastOnce), acceptedAt: 0)
    let bytes = try #require(StoredItemCoding.encode(stored))
    for length in 0..<bytes.count {
      #expect(StoredItemCoding.decode(Array(bytes.prefix(length)), isReceived: false) == nil)
    }
    let wild = StoredPublish(
      sequence: 1, publish: Publish(topic: "#", payload: [], qos: .atLeastOnce), acceptedAt: 0)
    #expect(StoredItemCoding.encode(wild) == nil)
  }
}
