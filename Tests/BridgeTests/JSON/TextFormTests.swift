import Testing

@testable import Bridge

/// Base64 and times, as they are written and read.
@Suite struct TextFormTests {
  @Test(
    arguments: [
      ("", []), ("AQID", [1, 2, 3]), ("AQI=", [1, 2]), ("AQ==", [1]), ("+/+/", [0xFB, 0xFF, 0xBF]),
    ] as [(String, [UInt8])])
  func `base64 goes both ways`(text: String, bytes: [UInt8]) {
    #expect(Base64.decode(text) == bytes)
    #expect(Base64.encode(bytes) == text)
  }

  @Test(arguments: [
    "A", "AQ", "AQI", "AQ=", "=", "====", "A===", "AQID\n", " AQID", "AQ ID", "-_-_", "AQ==AQ==",
    "AQ==x",
    "AQIDé", "AQ\u{0}=", "AQJ=", "AR==",
  ])
  func `text that is not base64 to the last character is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"),
    (1_790_071_872_345, "2026-09-22T10:11:12.345Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (951_868_799_999, "2000-02-29T23:59:59.999Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
    (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
  ])
  func `times are RFC 3339 in UTC`(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
  }

  @Test(arguments: [Int64.min, .min + 1, .max])
  func `no time is too far away to be written`(milliseconds: Int64) {
    #expect(Timestamp(milliseconds: milliseconds).description.hasSuffix("Z"))
  }
}
