/// Values filed under topic filters, found by topic: a tree with one edge per level.
///
/// A lookup visits the levels of the topic, not the filters, so it costs the same with one filter
/// or with 100,000. A shared filter is filed under its part after `$share/group/`.
package struct FilterIndex<Value: Hashable & Sendable>: Sendable {
  private struct Node: Sendable {
    var parent: Int
    /// The name of the edge from the parent.
    var level: TopicLevel
    var children: [TopicLevel: Int] = [:]
    var plus: Int?
    /// Filed under the filter that ends here, and under the one with `/#` after it.
    var values: Set<Value> = []
    var hashValues: Set<Value> = []

    var isUnused: Bool {
      children.isEmpty && plus == nil && values.isEmpty && hashValues.isEmpty
    }
  }

  private static var root: Int { 0 }

  private var nodes = [Node(parent: 0, level: .plus)]
  private var freeNodes: [Int] = []

  /// How many pairs of filter and value are filed.
  package private(set) var count = 0

  package init() {}

  package var isEmpty: Bool { count == 0 }

  /// Files the value; false when it was under this filter already.
  @discardableResult
  package mutating func insert(_ value: Value, for filter: TopicFilter) -> Bool {
    let path = FilterPath(filter)
    var node = Self.root
    for level in path.levels { node = child(of: node, level) }
    let isNew =
      path.endsWithHash
      ? nodes[node].hashValues.insert(value).inserted : nodes[node].values.insert(value).inserted
    count += isNew ? 1 : 0
    return isNew
  }

  /// Takes the value out; false when it was not under this filter.
  @discardableResult
  package mutating func remove(_ value: Value, for filter: TopicFilter) -> Bool {
    let path = FilterPath(filter)
    var node = Self.root
    for level in path.levels {
      guard let next = level.isPlus ? nodes[node].plus : nodes[node].children[level] else {
        return false
      }
      node = next
    }
    let removed =
      path.endsWithHash
      ? nodes[node].hashValues.remove(value) : nodes[node].values.remove(value)
    guard removed != nil else { return false }
    count -= 1
    prune(node)
    return true
  }

  /// Calls `body` for every value whose filter matches, in no particular order.
  ///
  /// A value that is filed under several matching filters comes several times. Topics that begin
  /// with `$` match no filter that begins with a wildcard. [MQTT-4.7.2-1]
  package func forEachMatch(_ topic: String, _ body: (Value) -> Void) {
    let name = Array(topic.utf8)
    guard let first = name.first else { return }
    var open = [(node: Self.root, start: 0)]
    while let (index, start) = open.popLast() {
      let isReserved = start == 0 && first == TopicCharacter.dollar
      if !isReserved {
        for value in nodes[index].hashValues { body(value) }
      }
      guard start <= name.count else {
        for value in nodes[index].values { body(value) }
        continue
      }
      let end = name[start...].firstIndex(of: TopicCharacter.slash) ?? name.count
      if let child = nodes[index].children[TopicLevel(name[start..<end])] {
        open.append((child, end + 1))
      }
      if !isReserved, let child = nodes[index].plus {
        open.append((child, end + 1))
      }
    }
  }

  private mutating func child(of parent: Int, _ level: TopicLevel) -> Int {
    if let child = level.isPlus ? nodes[parent].plus : nodes[parent].children[level] {
      return child
    }
    let node = Node(parent: parent, level: level)
    let index = freeNodes.popLast() ?? nodes.count
    if index == nodes.count {
      nodes.append(node)
    } else {
      nodes[index] = node
    }
    if level.isPlus {
      nodes[parent].plus = index
    } else {
      nodes[parent].children[level] = index
    }
    return index
  }

  /// Gives back a node that leads nowhere, and the parents that lead only to it.
  private mutating func prune(_ start: Int) {
    var index = start
    while index != Self.root, nodes[index].isUnused {
      let (parent, level) = (nodes[index].parent, nodes[index].level)
      if level.isPlus {
        nodes[parent].plus = nil
      } else {
        nodes[parent].children[level] = nil
      }
      nodes[index] = Node(parent: 0, level: .plus)
      freeNodes.append(index)
      index = parent
    }
  }
}
