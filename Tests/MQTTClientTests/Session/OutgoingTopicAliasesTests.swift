import Testing

@testable import MQTTClient

@Suite struct OutgoingTopicAliasesTests {
  /// Topic and alias of each PUBLISH.
  private static func wire(_ actions: [SessionAction]) -> [String] {
    actions.compactMap { action in
      switch action {
      case .send(.publish(let publish)), .sendOnce(_, let publish):
        "\(publish.topic)/\(publish.properties.topicAlias ?? 0)"
      default: nil
      }
    }
  }

  private static func request(
    _ key: UInt64, _ topic: String, alias: UInt16? = nil, _ qos: QoS = .atMostOnce
  ) -> PublishRequest {
    var message = OutgoingHarness.message(topic, qos)
    message.properties.topicAlias = alias
    return PublishRequest(key: key, publish: message)
  }

  private static func publish(
    _ harness: inout OutgoingHarness, _ topic: String, alias: UInt16? = nil,
    _ qos: QoS = .atMostOnce
  ) -> [String] {
    wire(harness.publish(request(1, topic, alias: alias, qos)))
  }

  @Test func `without a policy topics go out as they are`() {
    var harness = OutgoingHarness()
    _ = harness.connect { $0.topicAliasMaximum = 5 }
    for _ in 0..<2 { #expect(Self.publish(&harness, "long") == ["long/0"]) }
  }

  @Test func `monotonic aliases go to the first topics until there are no more`() {
    var harness = OutgoingHarness { $0.delivery.topicAliases = .monotonic }
    _ = harness.connect { $0.topicAliasMaximum = 2 }
    #expect(Self.publish(&harness, "aaaa") == ["aaaa/1"])
    #expect(Self.publish(&harness, "bbbb") == ["bbbb/2"])
    #expect(Self.publish(&harness, "cccc") == ["cccc/0"])
    #expect(Self.publish(&harness, "aaaa") == ["/1"])
    #expect(Self.publish(&harness, "bbbb") == ["/2"])
    #expect(harness.publishes.aliases.hits == 2)
  }

  @Test func `the least recently used topic gives its alias away`() {
    var harness = OutgoingHarness { $0.delivery.topicAliases = .leastRecentlyUsed }
    _ = harness.connect { $0.topicAliasMaximum = 2 }
    let topics = ["aaaa", "bbbb", "aaaa", "cccc", "aaaa", "bbbb", "cccc"]
    #expect(
      topics.flatMap { Self.publish(&harness, $0) }
        == ["aaaa/1", "bbbb/2", "/1", "cccc/2", "/1", "bbbb/2", "cccc/1"])
  }

  @Test func `the broker's and our own maximum both hold`() {
    var harness = OutgoingHarness {
      $0.delivery.topicAliases = .monotonic
      $0.delivery.topicAliasMaximum = 1
    }
    _ = harness.connect { $0.topicAliasMaximum = 9 }
    #expect(Self.publish(&harness, "aaaa") == ["aaaa/1"])
    #expect(Self.publish(&harness, "bbbb") == ["bbbb/0"])
    harness.lose()
    _ = harness.connect()
    #expect(Self.publish(&harness, "aaaa") == ["aaaa/0"])
  }

  @Test func `an alias is not worth it for a topic as short as itself`() {
    var harness = OutgoingHarness { $0.delivery.topicAliases = .monotonic }
    _ = harness.connect { $0.topicAliasMaximum = 9 }
    for _ in 0..<2 { #expect(Self.publish(&harness, "abc") == ["abc/0"]) }
  }

  @Test func `a replayed message has its topic again and a new alias`() {
    var harness = OutgoingHarness { $0.delivery.topicAliases = .monotonic }
    _ = harness.connect { $0.topicAliasMaximum = 2 }
    #expect(Self.publish(&harness, "aaaa") == ["aaaa/1"])
    #expect(Self.publish(&harness, "bbbb", .atLeastOnce) == ["bbbb/2"])
    #expect(Self.publish(&harness, "bbbb", .exactlyOnce) == ["/2"])
    harness.lose()
    #expect(Self.wire(harness.connect { $0.topicAliasMaximum = 2 }) == ["bbbb/1", "/1"])
    harness.lose()
    #expect(Self.wire(harness.connect()) == ["bbbb/0", "bbbb/0"])
  }

  @Test func `a caller's aliases are kept as given and repaired on another connection`() {
    var harness = OutgoingHarness()
    _ = harness.connect { $0.topicAliasMaximum = 5 }
    #expect(Self.publish(&harness, "aaaa", alias: 5) == ["aaaa/5"])
    #expect(Self.publish(&harness, "", alias: 5, .atLeastOnce) == ["/5"])
    #expect(Self.publish(&harness, "bbbb", alias: 5, .atLeastOnce) == ["bbbb/5"])
    #expect(Self.publish(&harness, "", alias: 5, .atLeastOnce) == ["/5"])
    harness.lose()
    #expect(
      Self.wire(harness.connect { $0.topicAliasMaximum = 5 }) == ["aaaa/5", "bbbb/5", "/5"])
    harness.lose()
    #expect(Self.wire(harness.connect()) == ["aaaa/0", "bbbb/0", "bbbb/0"])
  }

  @Test func `aliases that mean nothing or are not allowed end their message alone`() {
    var harness = OutgoingHarness()
    _ = harness.connect { $0.topicAliasMaximum = 5 }
    #expect(
      harness.publish(Self.request(1, "", alias: 3))
        == [.finished(1, .notSent(.topicAliasUnknown))])
    #expect(
      harness.publish(Self.request(2, "aaaa", alias: 6))
        == [.finished(2, .notSent(.topicAliasTooLarge(maximum: 5)))])
    #expect(
      harness.publish(Self.request(3, "aaaa", alias: 0)) == [.finished(3, .notSent(.invalid))])
    #expect(harness.publish(Self.request(4, "")) == [.finished(4, .notSent(.invalid))])
  }

  @Test func `the packet with its alias may not be longer than the broker takes`() {
    var harness = OutgoingHarness { $0.delivery.topicAliases = .monotonic }
    // Fixed header 2, topic 6, properties 1.
    _ = harness.connect {
      $0.topicAliasMaximum = 9
      $0.maximumPacketSize = 9
    }
    #expect(Self.publish(&harness, "aaaa") == ["aaaa/0"])
    #expect(
      harness.publish(Self.request(2, "aaaaa"))
        == [.finished(2, .notSent(.packetTooLarge(limit: 9)))])
  }

  @Test func `MQTT 3 has no aliases`() {
    var harness = OutgoingHarness {
      $0.version = .v311
      $0.delivery.topicAliases = .monotonic
    }
    _ = harness.connect { $0.topicAliasMaximum = 9 }
    #expect(Self.publish(&harness, "aaaa", alias: 4) == ["aaaa/0"])
    #expect(
      harness.publish(Self.request(2, "", alias: 4)) == [.finished(2, .notSent(.invalid))])
  }

  @Test(arguments: [TopicAliasPolicy.monotonic, .leastRecentlyUsed, .disabled])
  func `a broker that keeps the aliases always finds the right topic`(policy: TopicAliasPolicy) {
    var random = SplitMix64(seed: 7)
    var aliases = OutgoingTopicAliases(policy, maximum: 8)
    var broker: [UInt16: String] = [:]
    for _ in 0..<10_000 {
      let topic = "topic/\(Int.random(in: 0..<20, using: &random))"
      var publish = Publish(topic: topic, payload: [])
      publish.properties.topicAlias = UInt16.random(in: 1...9, using: &random)
      let isRoomy = Int.random(in: 0..<10, using: &random) > 0
      aliases.apply(to: &publish) { _ in isRoomy }
      if let alias = publish.properties.topicAlias {
        guard (1...8).contains(alias) else {
          Issue.record("alias \(alias)")
          return
        }
        if !publish.topic.isEmpty { broker[alias] = publish.topic }
        guard broker[alias] == topic else {
          Issue.record("\(topic) became \(String(describing: broker[alias]))")
          return
        }
      } else if publish.topic != topic {
        Issue.record("\(topic) became \(publish.topic)")
        return
      }
    }
    #expect(aliases.hits > 100)
  }
}
