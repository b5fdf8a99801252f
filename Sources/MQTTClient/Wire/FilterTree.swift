/// The topic filters in use, as a tree with one edge per level.
///
/// Every filter has a slot: a number that stays the same while the filter is in use, and is used
/// again afterwards. A filter that ends with `#` shares a node with the filter before it.
@usableFromInline
struct FilterTree: Sendable {
  private struct Node: Sendable {
    let parent: Int
    /// The name of the edge from the parent.
    let level: TopicLevel
    var children: [TopicLevel: Int] = [:]
    var plus: Int?
    /// Whether the filter that ends here is in use, and the one with `/#` after it.
    var isUsed = false
    var isHashUsed = false

    var isSuperfluous: Bool { children.isEmpty && plus == nil && !isUsed && !isHashUsed }
  }

  private static let root = 0

  private var nodes = [Node(parent: 0, level: .plus)]
  private var freeNodes: [Int] = []

  /// All slots are below this.
  var slotLimit: Int { nodes.count * 2 }

  /// The slot of the filter, which is in use from now on.
  mutating func use(_ filter: TopicFilter) -> Int {
    let path = FilterPath(filter)
    var node = Self.root
    for level in path.levels { node = child(of: node, level) }
    if path.endsWithHash {
      nodes[node].isHashUsed = true
    } else {
      nodes[node].isUsed = true
    }
    return slot(node, isHash: path.endsWithHash)
  }

  /// The slot of the filter; nil when it is not in use.
  func slot(of filter: TopicFilter) -> Int? {
    let path = FilterPath(filter)
    var node = Self.root
    for level in path.levels {
      guard let next = level.isPlus ? nodes[node].plus : nodes[node].children[level] else {
        return nil
      }
      node = next
    }
    guard path.endsWithHash ? nodes[node].isHashUsed : nodes[node].isUsed else { return nil }
    return slot(node, isHash: path.endsWithHash)
  }

  /// Ends the use of a slot, and gives back the nodes that lead only to it.
  mutating func free(_ slot: Int) {
    var index = slot / 2
    if slot % 2 == 1 {
      nodes[index].isHashUsed = false
    } else {
      nodes[index].isUsed = false
    }
    while index != Self.root, nodes[index].isSuperfluous {
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

  /// Calls `body` with the slot of every filter in use that matches, in no particular order.
  ///
  /// It keeps the branches still to visit in a list, because a topic may have 65,536 levels.
  /// Topics that begin with `$` match no filter that begins with a wildcard. [MQTT-4.7.2-1]
  @usableFromInline
  func forEachMatch(_ topic: String, _ body: (Int) -> Void) {
    let name = Array(topic.utf8)
    guard let first = name.first else { return }
    var open = [(node: Self.root, start: 0)]
    while let (node, start) = open.popLast() {
      let isReserved = start == 0 && first == TopicCharacter.dollar
      if !isReserved, nodes[node].isHashUsed { body(slot(node, isHash: true)) }
      guard start <= name.count else {
        if nodes[node].isUsed { body(slot(node, isHash: false)) }
        continue
      }
      var end = start
      while end < name.count, name[end] != TopicCharacter.slash { end += 1 }
      if !nodes[node].children.isEmpty,
        let child = nodes[node].children[TopicLevel(name[start..<end])]
      {
        open.append((child, end + 1))
      }
      if !isReserved, let child = nodes[node].plus {
        open.append((child, end + 1))
      }
    }
  }

  private func slot(_ node: Int, isHash: Bool) -> Int { node * 2 + (isHash ? 1 : 0) }

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
}
