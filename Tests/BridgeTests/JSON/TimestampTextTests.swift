import TestSupport
import Testing

@testable import Bridge

/// Times as they are read.
@Suite struct TimestampTextTests {
  private static let day: Int64 = 86_400_000
  /// Of the years 0 to 9999.
  private static let days = Int64(-719_528)...2_932_896

  @Test func `every day of the calendar's four hundred years is read as it is written`() {
    // From the years 0 and 1800: all leap years and all that are none, on both sides of 1970.
    for number in [-719_528 as Int64, -62_092].flatMap({ $0..<$0 + 146_097 }) {
      let milliseconds = number * Self.day
      let text = Timestamp(milliseconds: milliseconds).description
      #expect(Timestamp(text)?.milliseconds == milliseconds, "\(text)")
    }
  }

  @Test func `random instants are read as they are written`() {
    var generator = SeededGenerator(for: "timestamps")
    for _ in 0..<10_000 {
      let milliseconds =
        Int64.random(in: Self.days, using: &generator) * Self.day
        + Int64.random(in: 0..<Self.day, using: &generator)
      let text = Timestamp(milliseconds: milliseconds).description
      #expect(Timestamp(text)?.milliseconds == milliseconds, "\(text)")
    }
  }

  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01T00:00:00.5Z", 500),
    ("1970-01-01T00:00:00.1239Z", 123), ("1970-01-01T01:00:00+01:00", 0),
    ("1969-12-31T18:30:00-05:30", 0), ("1970-01-01T00:00:00-00:00", 0),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("0000-02-29T00:00:00Z", -62_162_121_600_000),
    ("2000-02-29T00:00:00Z", 951_782_400_000), ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
  ])
  func `forms of RFC 3339 are read`(text: String, milliseconds: Int64) {
    #expect(Timestamp(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "1970-01-01T00:00Z",
    "1970-00-01T00:00:00Z", "1970-13-01T00:00:00Z", "1970-01-00T00:00:00Z", "1970-01-32T00:00:00Z",
    "1970-04-31T00:00:00Z", "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-02-31T00:00:00Z",
    "2000-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z",
    "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00,5Z", "1970-01-01T00:00:00+0100",
    "1970-01-01T00:00:00+24:00", "1970-01-01T00:00:00+01:60", "1970-01-01T00:00:00+01",
    "1970-01-01T00:00:00ZZ", " 1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z ",
    "+970-01-01T00:00:00Z",
    "-970-01-01T00:00:00Z", "1970-+1-01T00:00:00Z", "1970-01-01T+0:00:00Z", "1970-1-01T00:00:000Z",
    "70-01-01T00:00:00.000Z", "1970/01/01T00:00:00Z", "1970-01-01T00.00.00Z",
    "10000-01-01T00:00:00Z",
    "1970-01-01T00:00:00±01:00", "１970-01-01T00:00:00Z",
  ])
  func `anything else is no time`(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func `random texts do not trap`() {
    var generator = SeededGenerator(for: "timestamp texts")
    let text = Array("1970-01-01T00:00:00.123+01:00".utf8)
    for _ in 0..<50_000 {
      var damaged = text
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        damaged[Int.random(in: damaged.indices, using: &generator)] = UInt8.random(
          in: 0x20...0x7A, using: &generator)
      }
      let cut = damaged.prefix(Int.random(in: 0...damaged.count, using: &generator))
      guard let read = Timestamp(String(decoding: cut, as: UTF8.self)) else { continue }
      #expect(Timestamp(read.description) == read)
    }
  }
}
