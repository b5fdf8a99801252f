import Testing

@testable import MQTTClient

@Suite struct PublishPropertiesTests {
  /// Where the elements of the two lists are.
  private static func places(_ properties: Publish.Properties) -> [UInt] {
    [
      unsafe properties.userProperties.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) },
      unsafe properties.subscriptionIdentifiers.withUnsafeBytes {
        UInt(bitPattern: $0.baseAddress)
      },
    ]
  }

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
    properties.userProperties = [UserProperty("", "")]
    properties.subscriptionIdentifiers = [1]
    properties.userProperties.reserveCapacity(10)
    properties.subscriptionIdentifiers.reserveCapacity(10)
    let places = Self.places(properties)
    for number in 2..<10 {
      properties.userProperties.append(UserProperty("a", "b"))
      properties.subscriptionIdentifiers.append(UInt32(number))
    }
    #expect(Self.places(properties) == places)
  }
}
