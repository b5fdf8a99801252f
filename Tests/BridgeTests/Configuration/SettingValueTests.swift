import MQTTClient
import Testing

@testable import Bridge

@Suite struct SettingValueTests {
  @Test(arguments: [
    ("0", 0), ("1", 1), ("64KiB", 65_536), ("64 KiB", 65_536), ("1MiB", 1_048_576),
    ("2GiB", 2_147_483_648), ("7B", 7),
  ])
  func `sizes are bytes or have a binary unit`(text: String, bytes: Int) {
    #expect(ByteCount(text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "MiB", "1MB", "1.5MiB", "-1", "1mib", "99999999999999999999", "9999999999TiB", "１KiB",
  ])
  func `other sizes are refused`(text: String) {
    #expect(ByteCount(text) == nil)
  }

  @Test(arguments: [
    ("5", "5s"), ("5s", "5s"), ("1500ms", "1500ms"), ("2000ms", "2s"), ("90s", "90s"),
    ("10m", "10m"), ("24h", "1d"), ("7d", "7d"), ("0", "0s"), ("60", "1m"),
  ])
  func `times are seconds or have a unit`(text: String, canonical: String) throws {
    let duration = try Duration(settingText: text)
    #expect(duration.settingText == canonical)
    #expect(try Duration(settingText: canonical) == duration)
  }

  @Test(arguments: ["", "s", "-1", "1.5", "1 s", "1w", "9223372036854775807d", "1e3"])
  func `other times are refused`(text: String) {
    #expect(throws: SettingError.self) { try Duration(settingText: text) }
  }

  @Test(arguments: [
    ("127.0.0.1:8080", "127.0.0.1", 8080), ("[::1]:80", "::1", 80),
    ("h-1.example:0", "h-1.example", 0),
  ])
  func `addresses have a host and a port`(text: String, host: String, port: Int) {
    let address = HostPort(text)
    #expect(address?.host == host && address?.port == UInt16(port))
    #expect(address?.description == text)
  }

  @Test(arguments: [
    "", ":80", "host", "host:", "host:65536", "host:-1", "host:+1", "::1:80", "[]:80", "[host]:80",
    "a b:80", "http://a:80", "[::1]", "ho\u{0}st:80",
  ])
  func `other addresses are refused`(text: String) {
    #expect(HostPort(text) == nil)
  }

  @Test(arguments: [("/", ""), ("/mqtt", "/mqtt"), ("/a/b", "/a/b"), ("/mqtt/", "/mqtt")])
  func `a base path has no slash at its end`(text: String, prefix: String) {
    #expect(BasePath(text)?.prefix == prefix)
  }

  @Test(arguments: ["", "mqtt", "//", "/a//b", "/../x", "/a b", "/a?b", "/%41"])
  func `other base paths are refused`(text: String) {
    #expect(BasePath(text) == nil)
  }

  @Test func `choices are told when none was met`() {
    #expect(throws: SettingError(expected: "one of 5, 3.1.1")) {
      try ProtocolVersion(settingText: "4")
    }
    #expect(throws: SettingError(expected: "one of strict, drop")) {
      try PublishingConfiguration.Properties(settingText: "")
    }
  }

  @Test func `texts have no control characters`() {
    #expect(throws: SettingError.self) { try String(settingText: "a\u{0}b") }
    #expect(throws: SettingError.self) { try String(settingText: "") }
  }
}
