/// The order of small numbered slots, in lists that share one pair of link tables.
///
/// A slot is in at most one list; appending, removing and joining cost the same for any length.
struct SlotLinks: ~Copyable {
  private var previous: [Int32] = []
  private var next: [Int32] = []

  /// Makes room for one more slot and returns its number.
  mutating func grow() -> Int32 {
    previous.append(-1)
    next.append(-1)
    return Int32(next.count - 1)
  }

  func slot(after slot: Int32) -> Int32? { Self.present(next[Int(slot)]) }

  mutating func append(_ slot: Int32, to list: inout SlotList) {
    previous[Int(slot)] = list.lastLink
    next[Int(slot)] = -1
    if list.lastLink >= 0 { next[Int(list.lastLink)] = slot } else { list.firstLink = slot }
    list.lastLink = slot
    list.count += 1
  }

  mutating func remove(_ slot: Int32, from list: inout SlotList) {
    let (before, after) = (previous[Int(slot)], next[Int(slot)])
    if before >= 0 { next[Int(before)] = after } else { list.firstLink = after }
    if after >= 0 { previous[Int(after)] = before } else { list.lastLink = before }
    list.count -= 1
  }

  /// Puts all of `list` before the first slot of `target`.
  mutating func prepend(_ list: inout SlotList, to target: inout SlotList) {
    guard !list.isEmpty else { return }
    if target.isEmpty {
      target.lastLink = list.lastLink
    } else {
      next[Int(list.lastLink)] = target.firstLink
      previous[Int(target.firstLink)] = list.lastLink
    }
    target.firstLink = list.firstLink
    target.count += list.count
    list = SlotList()
  }

  private static func present(_ link: Int32) -> Int32? { link < 0 ? nil : link }
}

/// One list of slots; `SlotLinks` holds what is between its ends.
struct SlotList {
  fileprivate(set) var count = 0
  fileprivate var firstLink: Int32 = -1
  fileprivate var lastLink: Int32 = -1

  var isEmpty: Bool { count == 0 }
  var first: Int32? { isEmpty ? nil : firstLink }
}
