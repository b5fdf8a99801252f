import Testing
import TestSupport

@testable import Bridge

@Suite struct MessageIDTests {
  @Test func `an id is the text of a UUID`() throws {
    let id = MessageID(high: 0x0198_F2C4_7B1E_7D30, low: 0x9F4E_2A6F_1C0D_E001)
    #expect(id.description == "0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001")
    #expect(MessageID("0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001") == id)
    #expect(MessageID("0198F2C4-7B1E-7D30-9F4E-2A6F1C0DE001") == id)
    #expect(MessageID(id.item) == id)
  }

  @Test func `every id survives its text and its place in the store`() {
    var generator = SeededGenerator(for: "message ids")
    for _ in 0..<1000 {
      let id = MessageID(high: generator.next(), low: generator.next())
      #expect(MessageID(id.description) == id)
      #expect(MessageID(id.item) == id)
    }
  }

  @Test(arguments: [
    "", "0198f2c47b1e7d309f4e2a6f1c0de001", "0198f2c4-7b1e-7d30-9f4e-2a6f1c0de00",
    "0198f2c4-7b1e-7d30-9f4e-2a6f1c0de0011", "0198f2c4-7b1e-7d30-9f4e-2a6f1c0de00g",
    "0198f2c4_7b1e-7d30-9f4e-2a6f1c0de001", "0198f2c4-7b1e-7d30-9f4e-2a6f1c0de0é",
    "{198f2c4-7b1e-7d30-9f4e-2a6f1c0de001", "----8f2c4-7b1e-7d30-9f4e-2a6f1c0de00",
  ])
  func `other text is not an id`(text: String) {
    #expect(MessageID(text) == nil)
  }

  @Test func `ids increase, also within a millisecond and when the clock goes back`() {
    let generator = MessageIDGenerator()
    var last = MessageID(high: 0, low: 0)
    let times = Array(repeating: Int64(5000), count: 10_000) + [4000, 4000, 0, -5, 9000, 9000, 1]
    for now in times {
      let id = generator.next(at: now)
      #expect(id.high > last.high)
      last = id
    }
  }

  @Test func `an id says when it was made, its version and its variant`() {
    let now: Int64 = 0x0198_F2C4_7B1E
    let id = MessageIDGenerator().next(at: now)
    #expect(id.high >> 16 == UInt64(now))
    #expect(id.high >> 12 & 0xF == 7)
    #expect(id.low >> 62 == 2)
  }
}
