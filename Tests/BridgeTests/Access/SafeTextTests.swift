import MQTTClient
import Testing

@testable import Bridge

@Suite struct SafeTextTests {
  @Test(arguments: [0x20, 0x7E, 0xA0, 0xDF, 0xFDCF, 0xFDF0, 0xFEFF, 0xFFFD, 0x1F701, 0x1FFFD])
  func `ordinary text is safe`(scalar: UInt32) throws {
    #expect(SafeText.isSafe("a/" + String(try #require(Unicode.Scalar(scalar)))))
    #expect(SafeText.isSafe(""))
  }

  @Test(arguments: [
    0x00, 0x01, 0x09, 0x0A, 0x0D, 0x1F, 0x7F, 0x80, 0x9F, 0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE,
    0x10FFFF,
  ])
  func `control characters and noncharacters are not`(scalar: UInt32) throws {
    let text = String(try #require(Unicode.Scalar(scalar)))
    #expect(!SafeText.isSafe("a/" + text))
    #expect(throws: (any Error).self) { try SafeText.check(topic: text) }
    var publish = Publish(topic: "a", payload: [])
    publish.properties.userProperties = [UserProperty("name", text)]
    #expect(throws: (any Error).self) { try SafeText.check(publish) }
    publish.properties.userProperties = [UserProperty(text, "value")]
    #expect(throws: (any Error).self) { try SafeText.check(publish) }
    publish.properties.userProperties = []
    try SafeText.check(publish)
    publish.properties.contentType = text
    #expect(throws: (any Error).self) { try SafeText.check(publish) }
    publish.properties.contentType = nil
    publish.properties.responseTopic = text
    #expect(throws: (any Error).self) { try SafeText.check(publish) }
    guard let filter = try? TopicFilter("a/" + text) else { return }
    #expect(throws: (any Error).self) { try SafeText.check([filter]) }
  }
}
