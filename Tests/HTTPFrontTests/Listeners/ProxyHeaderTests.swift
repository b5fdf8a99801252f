import Testing

@testable import HTTPFront

@Suite struct ProxyHeaderTests {
  private static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]

  private static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8]) -> [UInt8] {
    signature + [0x20 | command, family, 0, UInt8(rest.count)] + rest
  }

  @Test(arguments: [
    ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", [192, 0, 2, 7] as [UInt8], 56324),
    (
      "PROXY TCP6 2001:db8::7 ::1 65535 443\r\n",
      [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7], 65535
    ),
  ])
  func `a line names the client`(line: String, address: [UInt8], port: UInt16) {
    let bytes = Array(line.utf8)
    let outcome = ProxyHeader.Outcome.complete(
      count: bytes.count, .address(address, port: port))
    #expect(ProxyHeader.read(bytes) == outcome)
    #expect(ProxyHeader.read(bytes + Array("GET / HTTP".utf8)) == outcome)
    for count in 0..<bytes.count {
      #expect(ProxyHeader.read(Array(bytes[..<count])) == .incomplete)
    }
  }

  @Test func `a line may leave the client open`() {
    #expect(ProxyHeader.read(Array("PROXY UNKNOWN\r\n".utf8)) == .complete(count: 15, .peer))
    let more = Array("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n".utf8)
    #expect(ProxyHeader.read(more) == .complete(count: more.count, .peer))
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n", "PROXY\r\n", "PROXY TCP4 1.2.3.4\r\n", "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n",
    "PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n", "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n", "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n",
    "PROXY TCP6 1::2::3 ::1 1 2\r\n", "PROXY TCP6 12345::1 ::1 1 2\r\n",
    "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2\r\n", "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n",
    "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", "PROXY \(String(repeating: "x", count: 200))",
  ])
  func `what is no such line is malformed`(text: String) {
    #expect(ProxyHeader.read(Array(text.utf8)) == .malformed)
  }

  @Test func `a binary header names the client, and may say more`() {
    let ipv4 = Self.binary(1, 0x11, [192, 0, 2, 7, 1, 1, 1, 1, 0xDC, 0x04, 1, 0xBB])
    #expect(
      ProxyHeader.read(ipv4) == .complete(count: 28, .address([192, 0, 2, 7], port: 0xDC04)))
    let address = [UInt8](1...16)
    let ipv6 = Self.binary(1, 0x21, address + [UInt8](repeating: 0, count: 16) + [1, 2, 3, 4, 9])
    #expect(ProxyHeader.read(ipv6) == .complete(count: 53, .address(address, port: 0x0102)))
    for count in 0..<ipv6.count { #expect(ProxyHeader.read(Array(ipv6[..<count])) == .incomplete) }
  }

  @Test func `a binary header may leave the client open`() {
    #expect(ProxyHeader.read(Self.binary(0, 0, [])) == .complete(count: 16, .peer))
    #expect(ProxyHeader.read(Self.binary(1, 0x31, [1, 2])) == .complete(count: 18, .peer))
  }

  @Test func `what is no such header is malformed`() {
    #expect(ProxyHeader.read(Self.binary(2, 0x11, [])) == .malformed)
    #expect(ProxyHeader.read(Self.binary(1, 0x11, [1, 2, 3])) == .malformed)
    #expect(ProxyHeader.read(Self.signature + [0x11, 0x11, 0, 0]) == .malformed)
    #expect(ProxyHeader.read(Self.signature + [0x21, 0x11, 0xFF, 0xFF]) == .malformed)
  }
}
