import TestSupport
import Testing

@testable import Bridge

@Suite struct EventIDTests {
  @Test(
    arguments: [
      ("k3f9x", 1043, 35, "k3f9x-1043-z"), ("a", 0, 0, "a-0-0"), ("0", 1, 36, "0-1-10"),
      ("k3f9x", .max, .max, "k3f9x-9223372036854775807-1y2p0ij32e8e7"),
    ] as [(String, Int64, Int64, String)])
  func `an id goes both ways`(epoch: String, sequence: Int64, time: Int64, text: String) {
    let id = EventID(epoch: epoch, sequence: sequence, time: time)
    #expect(id.description == text)
    #expect(EventID(text) == id)
  }

  @Test func `random ids go both ways`() {
    var generator = SeededGenerator(for: "event ids")
    for _ in 0..<1000 {
      let id = EventID(
        epoch: "k3f9x", sequence: .random(in: 0 ... .max, using: &generator),
        time: .random(in: 0...1 << 50, using: &generator))
      #expect(EventID(id.description) == id)
    }
  }

  @Test(arguments: [
    "", "-", "--", "a--", "a-1", "a-1-", "-1-1", "a--1", "a-1-1-1", "a-1-1-", " a-1-1", "a-1-1 ",
    "a-1-1\n", "A-1-1", "é-1-1", "a-x-1", "a-1-Z", "a-1-é", "a_1_1", "a-+1-1", "a-1-+1",
    "a-01-1", "a-1-01", "a-00-1", "a-1-00", "a-1.0-1", "a- 1-1", "a-1- 1", "a-٣-1",
    "a-9223372036854775808-1", "a-1-1y2p0ij32e8e8", "a-11111111111111111111-1", "a-1-zzzzzzzzzzzzz",
    "aaaaaaaaaaaaaaaaa-1-1", "earliest", "k3f9x-1043",
  ])
  func `anything else is no id`(text: String) {
    #expect(EventID(text) == nil)
  }

  @Test func `an epoch has at most 16 characters`() {
    #expect(EventID("aaaaaaaaaaaaaaaa-1-1") != nil)
  }

  @Test func `whatever is read is written the same`() {
    var generator = SeededGenerator(for: "event id texts")
    let characters = Array("0019az--+ ")
    for _ in 0..<20_000 {
      let text = String((0..<8).map { _ in characters.randomElement(using: &generator) ?? "-" })
      if let id = EventID(text) { #expect(id.description == text) }
    }
  }
}
