import Testing

@testable import MQTTClient

@Suite struct KeyedSlotsTests {
  @Test func `a key finds its value until it is removed, and never another one`() {
    var slots = KeyedSlots<String>()
    let first = slots.insert("first")
    let second = slots.insert("second")
    #expect(slots[first] == "first")
    #expect(slots.remove(first) == "first")
    #expect(slots.remove(first) == nil)
    let third = slots.insert("third")
    #expect(third != first)
    #expect(slots[first] == nil)
    slots[first] = "wrong"
    #expect(slots[third] == "third")
    slots[second]? += "!"
    #expect(slots.count == 2)
    #expect(slots.keys { $0 != "third" } == [second])
    #expect(slots.removeAll() == ["second!", "third"])
    #expect(slots.count == 0)
    #expect(slots[third] == nil)
    #expect(slots.hasRoom)
  }
}
