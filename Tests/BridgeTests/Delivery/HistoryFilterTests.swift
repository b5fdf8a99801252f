import MQTTClient
import Testing

@testable import Bridge

/// Compares what is said about filters with what they match among all small topics.
@Suite struct HistoryFilterTests {
  /// The names of levels; `z` stands for all that no filter names.
  private static let names = ["a", "", "$s", "z"]

  private static let topics: [String] = {
    var paths = names
    var longest = names
    for _ in 0..<3 {
      longest = longest.flatMap { path in names.map { path + "/" + $0 } }
      paths += longest
    }
    return paths.filter { !$0.isEmpty }
  }()

  private static let filters: [TopicFilter] = {
    let levels = ["a", "", "$s", "+"]
    var paths = levels
    var longest = levels
    for _ in 0..<2 {
      longest = longest.flatMap { path in levels.map { path + "/" + $0 } }
      paths += longest
    }
    paths += paths.map { $0 + "/#" } + ["#"]
    return paths.compactMap { try? TopicFilter($0) }
  }()

  /// For each filter the topics that it matches, as positions.
  private static let matched: [Set<Int>] = filters.map { filter in
    Set(topics.indices.filter { filter.matches(topic: topics[$0]) })
  }

  @Test func `the filters and topics are enough to tell`() {
    #expect(Self.filters.count == 168 && Self.topics.count == 339)
    #expect(Self.matched.allSatisfy { !$0.isEmpty })
  }

  @Test func `a filter includes another one when it matches all of its topics`() {
    for (one, mine) in zip(Self.filters, Self.matched) {
      for (other, theirs) in zip(Self.filters, Self.matched) {
        #expect(one.includes(other) == mine.isSuperset(of: theirs), "\(one) includes \(other)")
      }
    }
  }

  @Test func `two filters meet when some topic matches both`() {
    for (one, mine) in zip(Self.filters, Self.matched) {
      for (other, theirs) in zip(Self.filters, Self.matched) {
        #expect(one.meets(other) == !mine.isDisjoint(with: theirs), "\(one) meets \(other)")
      }
    }
  }

  @Test(arguments: [
    ("#", "none", "a", true), ("#", "none", "$SYS/a", false), ("a/#", "none", "a", true),
    ("a/#", "a/b", "a/b", false), ("a/#", "a/b", "a/c", true), ("none", "none", "a", false),
    ("a b", "none", "b", true),
  ])
  func `history keeps a topic or not`(kept: String, except: String, topic: String, isKept: Bool)
    throws
  {
    #expect(try Self.history(kept, except).keeps(topic) == isKept)
  }

  @Test(arguments: [
    ("#", "none", "+/#", true), ("+/#", "none", "#", true), ("#", "none", "$SYS/#", false),
    ("a/# b/#", "none", "b/+", true), ("a/# b/#", "none", "+/c", false),
    ("#", "a/b", "a/+", false), ("#", "a/b", "a/c", true), ("#", "a/b", "#", false),
    ("#", "+/b", "a/#", false), ("none", "none", "a", false), ("#", "none", "$share/g/a", true),
  ])
  func `history keeps all of a filter or not`(
    kept: String, except: String, filter: String, isKept: Bool
  ) throws {
    #expect(try Self.history(kept, except).keepsAll(of: TopicFilter(filter)) == isKept)
  }

  private static func history(_ kept: String, _ except: String) throws -> HistoryFilter {
    HistoryFilter(
      kept: try TopicFilterList(settingText: kept), except: try TopicFilterList(settingText: except)
    )
  }
}
