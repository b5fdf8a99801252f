import MQTTClient
import Testing

@testable import Access

/// What is left out of a stream message by message.
@Suite struct DeliveryGuardTests {
  private func grants(_ subscribe: [String], deny: [String]) throws -> Grants {
    var object = GrantObject()
    object.subscribe = subscribe
    object.deny = deny
    return try object.grants(for: .anonymous, origin: "claim mqtt", pointer: "")
  }

  private func filters(_ texts: String...) throws -> [TopicFilter] {
    try texts.map { try TopicFilter($0) }
  }

  @Test func `there is none where no rule denies topics of the filters`() throws {
    let filters = try filters("a/+")
    #expect(try grants(["a/#"], deny: []).deliveryGuard(for: filters, qos: .atLeastOnce) == nil)
    #expect(
      try grants(["a/#"], deny: ["b/#"]).deliveryGuard(for: filters, qos: .atLeastOnce) == nil)
    #expect(
      try grants(["a/#"], deny: ["a/b/c"]).deliveryGuard(for: filters, qos: .atLeastOnce) == nil)
    #expect(
      try grants(["a/#"], deny: ["+/x"]).deliveryGuard(for: filters, qos: .atLeastOnce) != nil)
  }

  @Test func `callers with other rights and the same denials share one`() throws {
    let filters = try filters("a/+")
    let one = try grants(["a/#"], deny: ["a/x", "c"]).deliveryGuard(for: filters, qos: .atLeastOnce)
    let two = try grants(["a/+", "b"], deny: ["a/x"]).deliveryGuard(for: filters, qos: .atLeastOnce)
    let other = try grants(["a/#"], deny: ["a/y"]).deliveryGuard(for: filters, qos: .atLeastOnce)
    #expect(one == two && one != other)
  }

  @Test func `it says the same as the grants for what the filters bring`() throws {
    let grants = try grants(["a/#", "+/c"], deny: ["a/b/#", "b/c", "$SYS/#"])
    let filters = try filters("a/#", "+/c")
    let deliveries = try #require(grants.deliveryGuard(for: filters, qos: .atLeastOnce))
    let levels = ["a", "b", "c", "x"]
    let topics =
      levels + levels.flatMap { one in levels.map { "\(one)/\($0)" } } + ["a/b/c", "a/x/b"]
    for topic in topics where filters.contains(where: { $0.matches(topic: topic) }) {
      #expect(
        deliveries.allows(topic) == grants.mayReceive(topic: topic, qos: .atLeastOnce), "\(topic)")
    }
  }
}
