import Testing

@testable import MQTTClient

@Suite struct FilterTreeTests {
  @Test func `filters that come and go leave no nodes behind`() throws {
    var tree = FilterTree()
    for number in 0..<1000 {
      let slot = tree.use(try TopicFilter("a/\(number)/+/#"))
      tree.free(slot)
    }
    // The root and the four nodes of one filter, with two slots each.
    #expect(tree.slotLimit <= 10)
  }

  @Test func `a slot stays the same while other filters come and go`() throws {
    var tree = FilterTree()
    let filter = try TopicFilter("a/b/#")
    let slot = tree.use(filter)
    let other = tree.use(try TopicFilter("a/b"))
    let long = tree.use(try TopicFilter("a/b/c"))
    tree.free(long)
    tree.free(other)
    #expect(tree.slot(of: filter) == slot)
    #expect(try tree.slot(of: TopicFilter("a/b")) == nil)
    #expect(tree.use(filter) == slot)
  }
}
