import Testing

@testable import MQTTClient

@Suite struct SlotLinksTests {
  func contents(_ list: SlotList, _ links: borrowing SlotLinks) -> [Int32] {
    var slots: [Int32] = []
    var next = list.first
    while let slot = next {
      slots.append(slot)
      next = links.slot(after: slot)
    }
    #expect(slots.count == list.count)
    return slots
  }

  @Test func `slots leave from any place and the order stays`() {
    var links = SlotLinks()
    var list = SlotList()
    for _ in 0..<5 { links.append(links.grow(), to: &list) }
    #expect(contents(list, links) == [0, 1, 2, 3, 4])
    links.remove(2, from: &list)
    links.remove(0, from: &list)
    links.remove(4, from: &list)
    #expect(contents(list, links) == [1, 3])
    links.append(0, to: &list)
    #expect(contents(list, links) == [1, 3, 0])
    for slot: Int32 in [3, 1, 0] { links.remove(slot, from: &list) }
    #expect(list.isEmpty && list.first == nil)
  }

  @Test func `a list goes before another and is empty then`() {
    var links = SlotLinks()
    var (early, late) = (SlotList(), SlotList())
    for index in 0..<4 {
      let slot = links.grow()
      if index < 2 { links.append(slot, to: &late) } else { links.append(slot, to: &early) }
    }
    links.prepend(&early, to: &late)
    #expect(contents(late, links) == [2, 3, 0, 1])
    #expect(early.isEmpty)
    links.prepend(&early, to: &late)
    links.prepend(&late, to: &early)
    #expect(contents(early, links) == [2, 3, 0, 1])
  }
}
