/// Values filed under topic filters, found by topic.
///
/// A lookup visits the levels of the topic, not the filters, so it costs the same with one filter
/// or with 100,000. A shared filter is filed under its part after `$share/group/`.
package struct FilterIndex<Value: Hashable & Sendable>: Sendable {
  @usableFromInline var tree = FilterTree()
  /// By slot of the tree.
  @usableFromInline var values: [Set<Value>] = []

  /// How many pairs of filter and value are filed.
  package private(set) var count = 0

  package init() {}

  package var isEmpty: Bool { count == 0 }

  /// Files the value; false when it was under this filter already.
  @discardableResult
  package mutating func insert(_ value: Value, for filter: TopicFilter) -> Bool {
    let slot = tree.use(filter)
    while values.count < tree.slotLimit { values.append([]) }
    guard values[slot].insert(value).inserted else { return false }
    count += 1
    return true
  }

  /// Takes the value out; false when it was not under this filter.
  @discardableResult
  package mutating func remove(_ value: Value, for filter: TopicFilter) -> Bool {
    guard let slot = tree.slot(of: filter), values[slot].remove(value) != nil else {
      return false
    }
    count -= 1
    if values[slot].isEmpty {
      values[slot] = []
      tree.free(slot)
    }
    return true
  }

  /// Calls `body` for every value whose filter matches, in no particular order.
  ///
  /// A value that is filed under several matching filters comes several times.
  @inlinable
  package func forEachMatch(_ topic: String, _ body: (Value) -> Void) {
    tree.forEachMatch(topic) { slot in
      for value in values[slot] { body(value) }
    }
  }
}
