import Testing

@testable import MQTTClient

@Suite struct PacketIDsTests {
  @Test func `own identifiers go downwards from the top and rest before they are used again`() {
    var ids = PacketIDs()
    #expect(ids.allocate() == 65_535)
    #expect(ids.allocate() == 65_534)
    ids.release(65_535)
    #expect(ids.allocate() == 65_533)
    #expect(ids.count == 2)
  }

  @Test func `own identifiers go round in their range and skip the ones in use`() {
    var ids = PacketIDs()
    for _ in 0..<4096 { _ = ids.allocate() }
    ids.release(61_440)
    ids.release(65_535)
    #expect(ids.allocate() == 65_535)
    #expect(ids.allocate() == 61_440)
  }

  @Test func `when its own range is taken the session borrows from the caller's`() {
    var ids = PacketIDs()
    for _ in 0..<4096 { _ = ids.allocate() }
    #expect(ids.allocate() == PacketIDs.callerRange.upperBound)
  }

  @Test func `a claimed identifier cannot be claimed again until it is released`() {
    var ids = PacketIDs()
    let first = ids.claim(7)
    let second = ids.claim(7)
    ids.release(7)
    let third = ids.claim(7)
    #expect([first, second, third] == [true, false, true])
  }

  @Test func `zero is never free and all other 65,535 can be had`() {
    var ids = PacketIDs()
    let isZeroFree = ids.claim(0)
    #expect(!isZeroFree)
    var seen = Set<PacketID>()
    while let id = ids.allocate() { seen.insert(id) }
    #expect(seen.count == 65_535)
    #expect(ids.allocate() == nil)
    ids.release(300)
    #expect(ids.allocate() == 300)
  }

  @Test func `releasing what is not in use traps`() async {
    await #expect(processExitsWith: .failure) {
      var ids = PacketIDs()
      ids.release(1)
    }
  }

  @Test func `in ascending order they count up from 1, round, and skip what is in use`() {
    var ids = PacketIDs(order: .ascending)
    #expect(ids.allocate() == 1)
    #expect(ids.allocate() == 2)
    ids.release(1)
    let isClaimed = ids.claim(3)
    #expect(isClaimed)
    #expect(ids.allocate() == 4)
    for _ in 5...65_535 { _ = ids.allocate() }
    #expect(ids.allocate() == 1)
    #expect(ids.allocate() == nil)
    ids.release(64)
    ids.release(63)
    #expect(ids.allocate() == 63)
    #expect(ids.allocate() == 64)
  }
}
