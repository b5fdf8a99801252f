import HTTPFront
import TestSupport
import Testing

@testable import Bridge

@Suite struct GapMarkTests {
  private static let marks = [
    GapMark(reason: "broker_session_lost"),
    GapMark(reason: "bridge_restarted", isQoS0Only: true),
    GapMark(reason: "not_logged", missed: 7, isExact: false, isQoS0Only: true),
    GapMark(reason: "x", missed: 0), GapMark(reason: "two words", missed: .max),
  ]

  @Test(arguments: marks)
  func `a mark comes back from the log`(mark: GapMark) {
    #expect(GapMark(mark.encoded) == mark)
  }

  @Test(arguments: [
    ("- 0 broker_session_lost", GapMark(reason: "broker_session_lost")),
    ("7 1 not_logged", GapMark(reason: "not_logged", missed: 7, isQoS0Only: true)),
  ])
  func `the form in the log stays readable`(text: String, mark: GapMark) {
    #expect(GapMark(Array(text.utf8)) == mark)
  }

  @Test(arguments: [
    "", " ", "-", "- 0", "- 0 ", " - 0 x", "-  0 x", "- 2 x", "- 00 x", "- true x", "x 0 x",
    "07 0 x", "+7 0 x", "-7 0 x", "~-7 0 x", "~ 0 x", "~- 0 x", "~~7 0 x", "7.0 0 x",
    "9223372036854775808 0 x", "٣ 0 x",
  ])
  func `anything else is no mark`(text: String) {
    #expect(GapMark(Array(text.utf8)) == nil)
  }

  @Test func `bytes that are no text are no mark`() {
    #expect(GapMark(Array("- 0 x".utf8) + [0xFF]) == nil)
  }

  @Test func `random bytes are read only as they would be written`() {
    var generator = SeededGenerator(for: "gap marks")
    let characters = Array("01 -+~x ".utf8)
    for _ in 0..<20_000 {
      let bytes = (0..<6).map { _ in characters.randomElement(using: &generator) ?? 0 }
      if let mark = GapMark(bytes) { #expect(mark.encoded == bytes) }
    }
  }

  @Test(arguments: [
    (GapMark(reason: "a"), #"{"missed":null,"exact":false,"reason":"a"}"#),
    (GapMark(reason: "a", missed: 3), #"{"missed":3,"exact":true,"reason":"a"}"#),
    (
      GapMark(reason: "a", missed: 3, isExact: false, isQoS0Only: true),
      #"{"missed":3,"exact":false,"reason":"a","qos":0}"#
    ),
  ])
  func `clients are told how far the number can be trusted`(mark: GapMark, json: String) {
    #expect(String(decoding: JSONValue.object(mark.members).encoded, as: UTF8.self) == json)
  }
}
