import MQTTClient
import TestSupport
import Testing

@testable import Access

/// Random grants against a model that looks at every topic of a small world.
@Suite struct GrantModelTests {
  private static let topics = Self.paths(of: ["a", "b", "other", "", "$s"], levels: 3)
  private static let filters: [TopicFilter] = {
    let paths = Self.paths(of: ["a", "b", "+", "$s"], levels: 2)
    return (["#"] + paths + paths.map { $0 + "/#" }).compactMap { try? TopicFilter($0) }
  }()

  private static func paths(of words: [String], levels: Int) -> [String] {
    var all = words
    var longest = words
    for _ in 1..<levels {
      longest = longest.flatMap { start in words.map { "\(start)/\($0)" } }
      all += longest
    }
    return all.filter { !$0.isEmpty }
  }

  /// A rule as the model knows it: a list of the topics it is about.
  private struct Rule {
    let allows: Bool
    let filter: TopicFilter
    let qos: QoSSet

    var topics: Set<String> { Set(GrantModelTests.topics.filter { filter.matches(topic: $0) }) }

    var grantRule: GrantRule {
      GrantRule(
        effect: allows ? .allow : .deny, actions: .all, pattern: GrantPattern(filter), qos: qos,
        origin: "rule")
    }

    static func random(using generator: inout SeededGenerator) -> Self {
      let levels = [QoS.atMostOnce, .atLeastOnce, .exactlyOnce]
      let some = levels.filter { _ in generator.chance(0.6) }
      let filters = GrantModelTests.filters
      return Self(
        allows: generator.chance(0.6),
        filter: filters[Int.random(in: 0..<filters.count, using: &generator)],
        qos: generator.chance(0.7) ? .all : QoSSet(some))
    }
  }

  /// The first rule that is about the topic decides.
  private static func isAllowed(_ topic: String, _ rules: [(Rule, Set<String>)], _ qos: QoS) -> Bool
  {
    rules.first { $0.0.qos.has(qos) && $0.1.contains(topic) }?.0.allows ?? false
  }

  @Test func `random rules let through exactly what the model does`() {
    var generator = SeededGenerator(for: "GrantModelTests")
    for round in 0..<60 {
      let rules = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        Rule.random(using: &generator)
      }
      let known = rules.map { ($0, $0.topics) }
      let grants = Grants(rules.map(\.grantRule), origin: "rule")
      let qos = QoS(rawValue: UInt8(round % 3)) ?? .atMostOnce
      for topic in Self.topics {
        let expected = Self.isAllowed(topic, known, qos)
        #expect(grants.mayReceive(topic: topic, qos: qos) == expected, "\(topic) \(rules)")
        #expect(
          grants.mayPublish(topic: topic, qos: qos, retain: false).isGranted == expected,
          "\(topic) \(rules)")
      }
      for filter in Self.filters {
        let isGranted = grants.maySubscribe(filter, qos: qos).isGranted
        let wanted = Set(Self.topics.filter { filter.matches(topic: $0) })
        let first = known.first { $0.0.qos.has(qos) && $0.1.isSuperset(of: wanted) }
        #expect(isGranted == (first?.0.allows ?? false), "\(filter) \(rules)")
        guard isGranted, !grants.deniesDeliveries else { continue }
        // Nobody asks message by message when no rule denies.
        let excluded = wanted.filter { !Self.isAllowed($0, known, qos) }
        #expect(excluded.isEmpty, "\(filter) brings \(excluded) \(rules)")
      }
    }
  }
}
