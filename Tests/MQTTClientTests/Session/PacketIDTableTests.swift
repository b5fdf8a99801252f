import Testing

@testable import MQTTClient

@Suite struct PacketIDTableTests {
  @Test func `it answers as a dictionary does`() {
    var table = PacketIDTable<Int>()
    var reference: [PacketID: Int] = [:]
    var random = SplitMix64(seed: 7)
    for step in 0..<20_000 {
      // Few identifiers of each page, so that pages empty and fill again.
      let id = PacketID(truncatingIfNeeded: random.next() % 1024 * 64 + 63)
      switch random.next() % 3 {
      case 0: #expect(table.removeValue(forKey: id) == reference.removeValue(forKey: id))
      case 1 where step % 2 == 0:
        table[id] = nil
        reference[id] = nil
      default:
        table[id] = step
        reference[id] = step
      }
      #expect(table[id] == reference[id])
    }
    #expect(table.keys == reference.keys.sorted())
    for id in PacketID.min ... .max where table[id] != reference[id] { Issue.record("\(id)") }
    table.removeAll()
    #expect(table.keys.isEmpty)
  }

  @Test func `a window goes round all identifiers again and again`() {
    var table = PacketIDTable<Int>()
    let window = 100
    func id(_ number: Int) -> PacketID { PacketID(number % 65_535 + 1) }
    for number in 0..<150_000 {
      table[id(number)] = number
      guard number >= window else { continue }
      #expect(table.removeValue(forKey: id(number - window)) == number - window)
    }
    #expect(table.keys == (149_900..<150_000).map(id).sorted())
  }

  @Test func `a value can be changed in its place`() {
    var table = PacketIDTable<[Int]>()
    table[.max] = [1]
    table[.max]?.append(2)
    table[1]?.append(3)
    #expect(table[.max] == [1, 2])
    #expect(table[1] == nil)
    #expect(table.keys == [.max])
  }
}
