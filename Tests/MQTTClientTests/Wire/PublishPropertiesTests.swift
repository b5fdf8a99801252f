import Testing

@testable import MQTTClient

@Suite struct PublishPropertiesTests {
  @Test func `properties that are taken away again leave nothing`() {
    var properties = Publish.Properties()
    #expect(properties.isEmpty)
    properties.contentType = "text/plain"
    properties.userProperties.append(UserProperty("a", "b"))
    properties.subscriptionIdentifiers = [1]
    #expect(!properties.isEmpty)
    #expect(properties.contentType == "text/plain")
    #expect(properties.userProperties == [UserProperty("a", "b")])
    #expect(properties.subscriptionIdentifiers == [1])
    properties.contentType = nil
    properties.userProperties.removeAll()
    #expect(properties != Publish.Properties())
    properties.subscriptionIdentifiers = []
    #expect(properties == Publish.Properties())
    #expect(properties.isEmpty)
  }

  @Test func `a copy keeps its own values`() {
    var properties = Publish.Properties()
    properties.userProperties = [UserProperty("a", "1")]
    var copy = properties
    copy.userProperties[0] = UserProperty("a", "2")
    copy.topicAlias = 3
    #expect(properties.userProperties == [UserProperty("a", "1")])
    #expect(properties.topicAlias == nil)
    #expect(copy.userProperties == [UserProperty("a", "2")])
  }

  // A copy of the list for each of its elements would let one packet cost minutes.
  @Test func `long lists grow in their place`() {
    var properties = Publish.Properties()
    // Nothing is kept of empty lists.
    properties.userProperties = [UserProperty("", "")]
    properties.subscriptionIdentifiers = [1]
    properties.userProperties.reserveCapacity(1000)
    properties.subscriptionIdentifiers.reserveCapacity(1000)
    properties.userProperties.append(UserProperty("a", "b"))
    properties.subscriptionIdentifiers.append(2)
    #expect(properties.userProperties.capacity >= 1000)
    #expect(properties.subscriptionIdentifiers.capacity >= 1000)
  }
}
