import MQTTClient
import Store
import Testing

@testable import Bridge

@Suite struct LastValueRuleTests {
  private func rule(_ filters: String) throws -> LastValueRule {
    LastValueRule(try TopicFilterList(settingText: filters))
  }

  private func publish(_ topic: String, _ payload: [UInt8] = [1], isRetained: Bool = false)
    -> Publish
  {
    Publish(topic: topic, payload: payload[...], qos: .atLeastOnce, isRetained: isRetained)
  }

  @Test func `only the topics of the setting have a last value`() throws {
    let rule = try rule("a/+ b/#")
    #expect(rule.keeps("a/1") && rule.keeps("b") && !rule.keeps("a") && !rule.keeps("c"))
    #expect(rule.change(by: publish("c")) == nil)
    #expect(try rule.keepsAll(of: TopicFilter("b/c/#")))
    #expect(try !rule.keepsAll(of: TopicFilter("#")))
    #expect(try !self.rule("none").keeps("a"))
  }

  @Test func `a live message is the last value, an empty one removes it`() throws {
    let rule = try rule("#")
    let message = publish("a")
    guard case .set(let body) = rule.change(by: message) else {
      Issue.record("not set")
      return
    }
    var bare = message
    bare.topic = ""
    #expect(StoredMessage.decode(body) == bare)
    #expect(rule.change(by: publish("a", [])) == .remove)
  }

  @Test func `a retained message fills in what may be out of date`() throws {
    var rule = try rule("#")
    let message = publish("a", isRetained: true)
    let body = LastValueRule.encode(message)
    #expect(rule.change(by: message) == .fill(body, olderThan: 0))
    rule.staleBefore = 77
    #expect(rule.change(by: message) == .fill(body, olderThan: 77))
    #expect(rule.change(by: publish("a", [], isRetained: true)) == nil)
  }
}
