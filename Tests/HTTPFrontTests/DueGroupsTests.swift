import Testing

@testable import HTTPFront

@Suite struct DueGroupsTests {
  @Test func `a group is due once and comes again when it has got more`() {
    var due = DueGroups()
    let (first, second) = (StreamGroup(id: 1), StreamGroup(id: 2))
    for group in [first, second, first] { due.insert(group) }
    #expect(due.first === first)
    _ = first.append(7)
    due.rotate()
    #expect(due.first === second)
    due.rotate()
    #expect(due.first === first)
    first.flushed = first.end
    due.rotate()
    #expect(due.isEmpty)
    #expect(!first.isDue && !second.isDue)
  }

  @Test func `much that waits presses until a whole round is over`() {
    var due = DueGroups()
    let groups = (1...3).map { StreamGroup(id: GroupID($0)) }
    for group in groups { due.insert(group) }
    due.rotate()
    due.add(bytes: 100)
    #expect(!due.isPressing(logBytesMax: 1600))
    due.add(bytes: 1)
    #expect(due.isPressing(logBytesMax: 1600))
    due.rotate()
    #expect(due.isPressing(logBytesMax: 1600))
    due.rotate()
    #expect(!due.isPressing(logBytesMax: 1600))
  }
}
