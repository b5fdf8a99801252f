import EventLoop
import MQTTClient
import TestSupport
import Testing

@Suite struct ServiceOrderTests {
  private func record(_ priority: UInt16, _ weight: UInt16, _ target: String) -> ServiceRecord {
    ServiceRecord(priority: priority, weight: weight, port: 1, target: target)
  }

  @Test func `lower priorities come first, whatever the weights`() {
    var random = SeededGenerator(seed: 1)
    let records = [record(3, 100, "c"), record(1, 0, "a"), record(2, 1, "b")]
    for _ in 0..<50 {
      #expect(ServiceOrder.ordered(records, using: &random).map(\.target) == ["a", "b", "c"])
    }
  }

  @Test func `among equals the weight is the share of first places`() {
    var random = SeededGenerator(seed: 2)
    let records = [record(1, 1, "light"), record(1, 3, "heavy"), record(1, 0, "never")]
    var first: [String: Int] = [:]
    for _ in 0..<4000 {
      let ordered = ServiceOrder.ordered(records, using: &random)
      #expect(Set(ordered.map(\.target)) == ["light", "heavy", "never"])
      first[ordered[0].target, default: 0] += 1
    }
    // A draw of zero, one of five, finds the one without weight. [RFC 2782]
    #expect((700...900).contains(first["never", default: 0]))
    #expect((2200...2600).contains(first["heavy", default: 0]))
    #expect((700...900).contains(first["light", default: 0]))
  }

  @Test func `a service that is not offered has no hosts, and of many 32 count`() {
    var random = SeededGenerator(seed: 3)
    #expect(ServiceOrder.ordered([record(0, 0, "")], using: &random).isEmpty)
    let many = (0..<100).map { record(UInt16($0 / 50), 1, "h\($0)") }
    let ordered = ServiceOrder.ordered(many, using: &random)
    #expect(ordered.count == 32)
    #expect(ordered.allSatisfy { $0.priority == 0 })
  }
}
