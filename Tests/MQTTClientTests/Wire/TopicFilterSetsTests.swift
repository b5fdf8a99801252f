import MQTTClient
import TestSupport
import Testing

/// Which filters include which, against a look at every topic of a small world.
@Suite struct TopicFilterSetsTests {
  /// Every topic of up to four levels; one word more than any filter has stands for all others.
  private static let topics: [String] = {
    let words = ["a", "b", "other", "", "$s"]
    var all = words
    var longest = words
    for _ in 0..<3 {
      longest = longest.flatMap { start in words.map { "\(start)/\($0)" } }
      all += longest
    }
    return all.filter { !$0.isEmpty }
  }()

  /// Every filter of up to three levels from two words, the empty one, `$s` and the wildcards.
  private static let filters: [TopicFilter] = {
    let words = ["a", "b", "", "$s", "+"]
    var all = words
    var longest = words
    for _ in 0..<2 {
      longest = longest.flatMap { start in words.map { "\(start)/\($0)" } }
      all += longest
    }
    return (["#"] + all + all.map { $0 + "/#" }).compactMap { try? TopicFilter($0) }
  }()

  @Test func `inclusion and meeting are those of the sets of topics`() {
    let sets = Self.filters.map { filter in
      Set(Self.topics.indices.filter { filter.matches(topic: Self.topics[$0]) })
    }
    #expect(Self.filters.count > 300)
    var wrong: [String] = []
    for (one, topics) in zip(Self.filters, sets) {
      for (two, others) in zip(Self.filters, sets) {
        if one.includes(two) != topics.isSuperset(of: others) { wrong.append("\(one) ⊇ \(two)") }
        if one.meets(two) == topics.isDisjoint(with: others) { wrong.append("\(one) ∩ \(two)") }
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(20))")
  }

  @Test func `a plus and a hash are as much as a hash alone`() throws {
    #expect(try TopicFilter("+/#").includes(TopicFilter("#")))
    #expect(try !TopicFilter("a/+/#").includes(TopicFilter("a/#")))
  }

  @Test func `shared subscriptions count as their path`() throws {
    #expect(try TopicFilter("$share/g/a/#").includes(TopicFilter("a/b")))
    #expect(try TopicFilter("a/#").meets(TopicFilter("$share/g/+/b")))
    #expect(try !TopicFilter("a/#").meets(TopicFilter("$share/g/b")))
  }

  @Test func `two spellings of one character are two levels`() throws {
    #expect(try !TopicFilter("caf\u{E9}").includes(TopicFilter("cafe\u{301}")))
    #expect(try !TopicFilter("caf\u{E9}/#").meets(TopicFilter("cafe\u{301}")))
  }
}
