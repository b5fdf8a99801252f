import Testing

@testable import MQTTClient

@Suite struct InboundTopicAliasesTests {
  static func publish(_ topic: String, alias: UInt16?) -> Publish {
    var publish = Publish(topic: topic, payload: [])
    publish.properties.topicAlias = alias
    return publish
  }

  func resolve(
    _ aliases: inout InboundTopicAliases, _ topic: String, _ alias: UInt16?
  ) -> Result<Publish, ProtocolViolation> {
    var publish = Self.publish(topic, alias: alias)
    return Result { () throws(ProtocolViolation) in
      try aliases.resolve(&publish)
      return publish
    }
  }

  @Test func `an alias stands for the topic it came with last`() {
    var aliases = InboundTopicAliases(maximum: 2)
    let expected = { (topic: String) in
      Result<Publish, ProtocolViolation>.success(
        Self.publish(topic, alias: nil))
    }
    #expect(resolve(&aliases, "a", 1) == expected("a"))
    #expect(resolve(&aliases, "b", 2) == expected("b"))
    #expect(resolve(&aliases, "", 1) == expected("a"))
    #expect(resolve(&aliases, "c", 1) == expected("c"))
    #expect(resolve(&aliases, "", 1) == expected("c"))
    #expect(resolve(&aliases, "d", nil) == expected("d"))
  }

  @Test(arguments: [0, 3] as [UInt16]) func `an alias we did not offer is refused`(alias: UInt16) {
    var aliases = InboundTopicAliases(maximum: 2)
    #expect(resolve(&aliases, "a", alias) == .failure(ProtocolViolation(.topicAliasInvalid)))
  }

  @Test func `no topic and no meaning is a protocol error`() {
    var aliases = InboundTopicAliases(maximum: 2)
    #expect(resolve(&aliases, "", 1) == .failure(ProtocolViolation(.protocolError)))
    #expect(resolve(&aliases, "", nil) == .failure(ProtocolViolation(.protocolError)))
  }
}
