import MQTTClient
import TestSupport
import Testing

@Suite struct FilterIndexTests {
  @Test func `values come out for the topics that their filters match`() throws {
    var index = FilterIndex<Int>()
    for (value, text) in ["a/b", "a/+", "a/#", "#", "+/b", "$share/g/a/b", "a", "$SYS/#"]
      .enumerated()
    {
      index.insert(value, for: try TopicFilter(text))
    }
    #expect(index.matches("a/b") == [0, 1, 2, 3, 4, 5])
    #expect(index.matches("a") == [2, 3, 6])
    #expect(index.matches("$SYS") == [7])
    #expect(index.matches("$SYS/x") == [7])
    #expect(index.matches("") == [])
  }

  @Test func `a value is filed once per filter`() throws {
    var index = FilterIndex<Int>()
    let filter = try TopicFilter("a/+")
    #expect(index.insert(1, for: filter) == true)
    #expect(index.insert(1, for: filter) == false)
    #expect(index.insert(2, for: filter) == true)
    #expect(index.count == 2)
  }

  @Test func `a removed value comes out no more and the others do`() throws {
    var index = FilterIndex<Int>()
    let short = try TopicFilter("a/#")
    let long = try TopicFilter("a/+/c")
    index.insert(1, for: short)
    index.insert(1, for: long)
    index.insert(2, for: long)
    #expect(index.remove(1, for: long) == true)
    #expect(index.remove(1, for: long) == false)
    #expect(try index.remove(1, for: TopicFilter("a/b")) == false)
    #expect(index.matches("a/b/c") == [1, 2])
    #expect(index.remove(2, for: long) == true)
    #expect(index.remove(1, for: short) == true)
    #expect(index.isEmpty)
    #expect(index.matches("a/b/c") == [])
  }

  @Test func `topics spelled with other code points are different topics`() throws {
    var index = FilterIndex<Int>()
    index.insert(1, for: try TopicFilter("caf\u{E9}"))
    #expect(index.matches("cafe\u{301}") == [])
    #expect(index.matches("caf\u{E9}") == [1])
  }

  @Test func `a topic of as many levels as fit needs no deep stack`() throws {
    var index = FilterIndex<Int>()
    let topic = String(repeating: "/", count: 65_535)
    index.insert(1, for: try TopicFilter(topic))
    index.insert(2, for: try TopicFilter(String(repeating: "+/", count: 32_767)))
    #expect(index.matches(topic) == [1])
    #expect(index.matches(String(repeating: "/", count: 32_767)) == [2])
  }

  @Test func `it agrees with the filters, whatever is inserted and removed`() throws {
    var random = RandomPacket(generator: SeededGenerator(seed: TestSeed.value), version: .v5)
    var index = FilterIndex<Int>()
    var filed: [Int: TopicFilter] = [:]
    for step in 0..<4000 {
      if random.generator.chance(0.6) {
        let filter = try TopicFilter(random.filter())
        filed[step] = filter
        index.insert(step, for: filter)
      } else if let (value, filter) = filed.randomElement(using: &random.generator) {
        filed[value] = nil
        #expect(index.remove(value, for: filter) == true, "seed \(TestSeed.value)")
      }
      guard step % 10 == 0 else { continue }
      let topic = random.some { $0.pick(["a", "b", "c", "", "$SYS"]) }.joined(separator: "/")
      let expected = filed.filter { $0.value.matches(topic: topic) }.keys.sorted()
      #expect(index.matches(topic) == expected, "\(topic), seed \(TestSeed.value)")
    }
    #expect(index.count == filed.count)
    for (value, filter) in filed { index.remove(value, for: filter) }
    #expect(index.isEmpty)
  }
}

extension FilterIndex where Value: Comparable {
  fileprivate func matches(_ topic: String) -> [Value] {
    var values: [Value] = []
    forEachMatch(topic) { values.append($0) }
    return values.sorted()
  }
}
