import Testing

@testable import Bridge

/// The names of subscriptions, on the wire and in the store.
@Suite struct SubscriptionNameTests {
  @Test(
    arguments: [
      (1, 0, 1024), (1, 1023, 2047), (262_143, 0, 268_434_432), (262_143, 1023, 268_435_455),
    ] as [(Int, UInt32, UInt32)])
  func `a slot and a generation make one Subscription Identifier`(
    slot: Int, generation: UInt32, wire: UInt32
  ) {
    let identifier = SubscriptionIdentifier(slot: slot, generation: generation)
    #expect(identifier.wire == wire)
    #expect(SubscriptionIdentifier(wire: wire) == identifier)
    #expect((1...268_435_455).contains(identifier.wire))
  }

  @Test func `the generation wraps within its slot`() {
    let last = SubscriptionIdentifier(slot: 5, generation: 1023)
    #expect(last.next == SubscriptionIdentifier(slot: 5, generation: 0))
  }

  @Test(arguments: [0, 1, 1023, .max] as [UInt32])
  func `an identifier that is not ours is read without a trap`(wire: UInt32) {
    #expect(SubscriptionIdentifier(wire: wire).slot == Int(wire / 1024))
  }

  @Test(arguments: ["a", "a b", " ", "$share/g/a b", "ß/🜁"])
  func `a remembered subscription comes back from its name`(filter: String) {
    let remembered = RememberedSubscription(77, filter)
    #expect(RememberedSubscription(name: remembered.name) == remembered)
  }

  @Test(arguments: ["", "7", "a b", " a", "1.5 a", "99999999999999999999 a"])
  func `another name is no subscription`(name: String) {
    #expect(RememberedSubscription(name: name) == nil)
  }
}
