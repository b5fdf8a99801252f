import MQTTClient
import Testing
import TestSupport

@testable import Bridge

@Suite struct StoredMessageTests {
  private static let full: Publish = {
    var publish = Publish(
      topic: "a/ß/🜁", payload: [0, 1, 2, 0xFF], qos: .exactlyOnce, isRetained: true)
    publish.properties.payloadIsUTF8 = false
    publish.properties.messageExpiryInterval = .max
    publish.properties.responseTopic = "r/1"
    publish.properties.correlationData = [9, 8, 7]
    publish.properties.contentType = "text/plain"
    publish.properties.userProperties = [
      UserProperty("unit", "C"), UserProperty("unit", ""), UserProperty("", "x"),
    ]
    return publish
  }()

  @Test func `a message with everything comes back`() {
    #expect(StoredMessage.decode(StoredMessage.encode(Self.full)) == Self.full)
  }

  @Test func `the bytes of version 1 stay readable`() {
    let bytes: [UInt8] =
      [1, 0b101, 0, 0, 0, 1] + Array("t".utf8) + [2, 0, 0, 0, 60]
      + [5, 0, 0, 0, 1] + Array("k".utf8) + [0, 0, 0, 1] + Array("v".utf8) + [0, 42]
    var expected = Publish(topic: "t", payload: [42], qos: .atLeastOnce, isRetained: true)
    expected.properties.messageExpiryInterval = 60
    expected.properties.userProperties = [UserProperty("k", "v")]
    #expect(StoredMessage.decode(bytes) == expected)
    #expect(StoredMessage.encode(expected) == bytes)
  }

  @Test func `random messages come back, and no cut of them traps`() {
    var generator = SeededGenerator(for: "stored messages")
    for _ in 0..<200 {
      let publish = Self.random(&generator)
      let bytes = StoredMessage.encode(publish)
      #expect(StoredMessage.decode(bytes) == publish)
      let payloadStart = bytes.count - publish.payload.count
      for count in 0..<bytes.count {
        let cut = StoredMessage.decode(Array(bytes[..<count]))
        #expect((cut != nil) == (count >= payloadStart))
      }
    }
  }

  @Test func `random damage does not trap`() {
    var generator = SeededGenerator(for: "damaged messages")
    let bytes = StoredMessage.encode(Self.full)
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      if let publish = StoredMessage.decode(damaged) {
        #expect(StoredMessage.decode(StoredMessage.encode(publish)) == publish)
      }
    }
  }

  @Test(
    arguments: [
      [], [1], [2, 0, 0, 0, 0, 0, 0], [1, 8, 0, 0, 0, 0, 0], [1, 3, 0, 0, 0, 0, 0],
      [1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0], [1, 0, 0, 0, 0, 1, 0xFF, 0], [1, 0, 0, 0, 0, 0, 99],
      [1, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func `bytes that are no message are refused`(bytes: [UInt8]) {
    #expect(StoredMessage.decode(bytes) == nil)
  }

  private static func random(_ generator: inout SeededGenerator) -> Publish {
    func maybe<Value>(_ value: Value) -> Value? {
      Bool.random(using: &generator) ? value : nil
    }
    func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
    func text() -> String {
      (0..<number(0..<6)).map { _ in ["a", "ß", "/", "🜁", "e\u{301}"][number(0..<5)] }.joined()
    }
    let payload = generator.bytes(number(0..<40))
    let qos: [QoS] = [.atMostOnce, .atLeastOnce, .exactlyOnce]
    let correlationData = generator.bytes(number(0..<5))
    var publish = Publish(
      topic: "t" + text(), payload: payload[...], qos: qos[number(0..<3)],
      isRetained: number(0..<2) == 0)
    publish.properties.payloadIsUTF8 = maybe(number(0..<2) == 0)
    publish.properties.messageExpiryInterval = maybe(UInt32(number(0..<1 << 32)))
    publish.properties.responseTopic = maybe(text())
    publish.properties.correlationData = maybe(correlationData[...])
    publish.properties.contentType = maybe(text())
    publish.properties.userProperties = (0..<number(0..<3)).map { _ in UserProperty(text(), text())
    }
    return publish
  }
}
