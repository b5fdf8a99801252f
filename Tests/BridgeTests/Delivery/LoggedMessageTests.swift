import MQTTClient
import TestSupport
import Testing

@testable import Bridge

@Suite struct LoggedMessageTests {
  private static let topic = "a/b"

  private static let message: Publish = {
    var publish = Publish(
      topic: topic, payload: [0, 1, 0xFF], qos: .exactlyOnce, isDuplicate: true)
    publish.properties.contentType = "text/plain"
    publish.properties.userProperties = [UserProperty("unit", "C")]
    return publish
  }()

  private static func filters(_ texts: String...) throws -> [TopicFilter] {
    try texts.map { try TopicFilter($0) }
  }

  private static func origins() throws -> [Origin] {
    [
      Origin(through: try filters("a/#"), served: try filters("#", "a/#", "ß/+")),
      Origin(through: try filters("a/#", "#"), served: []),
      Origin(through: [], served: try filters("#", "a/b")),
      Origin(through: try filters("$share/g/a/#"), served: try filters("$share/g/a/#")),
      Origin(isAnonymous: true),
    ]
  }

  @Test func `a message comes back with where it came from`() throws {
    for origin in try Self.origins() {
      let bytes = LoggedMessage.encode(Self.message, origin)
      let decoded = try #require(LoggedMessage.decode(bytes, topic: Self.topic))
      #expect(decoded.0 == Self.message)
      #expect(decoded.1 == origin)
    }
  }

  @Test func `where a message came from takes no room when there is nothing to tell apart`() throws
  {
    let plain = Origin(through: try Self.filters("a/#"), served: try Self.filters("a/#"))
    let bytes = LoggedMessage.encode(Self.message, plain)
    #expect(bytes == LoggedMessage.encode(Self.message, Origin()))
    #expect(LoggedMessage.decode(bytes, topic: Self.topic)?.1 == Origin())
  }

  @Test func `the topic is not stored twice`() {
    var long = Self.message
    long.topic = String(repeating: "t", count: 1000)
    let bytes = LoggedMessage.encode(long, Origin())
    #expect(bytes.count < 100)
    #expect(LoggedMessage.decode(bytes, topic: long.topic)?.0 == long)
  }

  @Test func `a message that is cut anywhere before its payload is refused`() throws {
    for origin in try Self.origins() {
      let bytes = LoggedMessage.encode(Self.message, origin)
      let payloadStart = bytes.count - Self.message.payload.count
      for count in bytes.indices {
        let cut = LoggedMessage.decode(Array(bytes[..<count]), topic: Self.topic)
        #expect((cut != nil) == (count >= payloadStart), "\(count) of \(bytes.count)")
      }
    }
  }

  @Test func `another version or an unknown flag is refused`() {
    let bytes = LoggedMessage.encode(Self.message, Origin())
    for version in [0, 2, 0xFF] as [UInt8] {
      #expect(LoggedMessage.decode([version] + bytes.dropFirst(), topic: Self.topic) == nil)
    }
    for flag in [6, 8, 16, 128] as [UInt8] {
      let flagged = [bytes[0], bytes[1] | flag] + bytes.dropFirst(2)
      #expect(LoggedMessage.decode(flagged, topic: Self.topic) == nil)
    }
  }

  @Test func `an origin with what is no filter is refused`() throws {
    let origin = Origin(through: try Self.filters("a/#"), served: [])
    let encoded = LoggedMessage.encode(
      Self.message, Origin(through: origin.through, served: try Self.filters("#", "b")))
    let at = try #require(encoded.firstIndex(of: UInt8(ascii: "#")))
    for byte in [UInt8(ascii: "+"), 0, 0xFF] {
      var bytes = encoded
      bytes[at - 1] = byte
      #expect(LoggedMessage.decode(bytes, topic: Self.topic) == nil)
    }
  }

  @Test func `random damage does not trap`() throws {
    var generator = SeededGenerator(for: "damaged logged messages")
    let bytes = LoggedMessage.encode(Self.message, try Self.origins()[0])
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      guard let (publish, origin) = LoggedMessage.decode(damaged, topic: "t") else { continue }
      let again = try #require(
        LoggedMessage.decode(LoggedMessage.encode(publish, origin), topic: "t"))
      #expect(again.0 == publish)
      #expect(again.1 == origin || origin.isPlain)
    }
  }
}
