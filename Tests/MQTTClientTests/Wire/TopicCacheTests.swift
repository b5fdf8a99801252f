import Testing

@testable import MQTTClient

@Suite struct TopicCacheTests {
  private static func packet(_ topic: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    let publish = Publish(topic: topic, payload: [1])
    try PacketEncoder.encode(.publish(publish), version: .v311, into: &bytes)
    return bytes
  }

  @Test func `topics that share a place are told apart`() throws {
    var decoder = PacketDecoder(version: .v311)
    let topics = (0..<500).map { "a/\($0 % 37)/b\($0 % 11)" } + ["ä", "x/ä", "a", "b"]
    for topic in topics + topics.reversed() {
      decoder.append(try Self.packet(topic))
      guard case .publish(let publish)? = try decoder.next() else {
        Issue.record("no PUBLISH")
        return
      }
      #expect(publish.topic == topic)
    }
  }

  @Test func `a topic that is no text is refused each time`() throws {
    for _ in 0..<2 {
      var decoder = PacketDecoder(version: .v311)
      decoder.append(try Self.packet("abc"))
      _ = try decoder.next()
      decoder.append([0x30, 5, 0, 3, 0x61, 0xFF, 0x63])
      #expect(throws: DecodeError.malformed(.stringNotUTF8, at: 4)) { try decoder.next() }
    }
  }

  @Test func `only what was remembered is found`() {
    var cache = TopicCache()
    #expect(cache.topic(Bytes("a/b".utf8)) == nil)
    cache.remember("a/b", Bytes("a/b".utf8))
    #expect(cache.topic(Bytes("a/b".utf8)) == "a/b")
    #expect(cache.topic(Bytes("a/c".utf8)) == nil)
    #expect(cache.topic([]) == nil)
  }

  @Test func `long topics are not kept, and any number of topics takes no more room`() {
    var cache = TopicCache()
    for length in [1, 255, 256, 257, 65_535] {
      let topic = String(repeating: "x", count: length)
      cache.remember(topic, Bytes(topic.utf8))
      #expect((cache.topic(Bytes(topic.utf8)) == topic) == (length <= 256))
    }
    let topics = (0..<10_000).map { "\($0)" }
    for topic in topics { cache.remember(topic, Bytes(topic.utf8)) }
    #expect(topics.count { cache.topic(Bytes($0.utf8)) == $0 } <= 64)
  }

  @Test func `a topic with a wildcard is refused each time`() throws {
    for _ in 0..<2 {
      var decoder = PacketDecoder(version: .v311)
      decoder.append(try Self.packet("a/b"))
      _ = try decoder.next()
      decoder.append([0x30, 5, 0, 3, 0x61, 0x2F, 0x23])
      #expect(throws: DecodeError.protocolError(.topicNameInvalid, at: 2)) { try decoder.next() }
    }
  }
}
