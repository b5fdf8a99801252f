import Testing

@testable import Access

/// Addresses, ranges, and who is behind a proxy.
@Suite struct AddressTests {
  @Test(
    arguments: [
      ("192.0.2.1", [192, 0, 2, 1]), ("::ffff:192.0.2.1", [192, 0, 2, 1]),
      ("::FFFF:c000:0201", [192, 0, 2, 1]),
      ("::", [UInt8](repeating: 0, count: 16)), ("::1", [UInt8](repeating: 0, count: 15) + [1]),
      ("1::", [0, 1] + [UInt8](repeating: 0, count: 14)),
      (
        "2001:db8::8:800:200C:417A",
        [0x20, 1, 0x0D, 0xB8, 0, 0, 0, 0, 0, 8, 8, 0, 0x20, 0x0C, 0x41, 0x7A]
      ),
      ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
      ("1:2:3:4:5:6:1.2.3.4", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]),
    ] as [(String, [UInt8])])
  func `addresses are read`(text: String, bytes: [UInt8]) {
    #expect(IPAddress(text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "1.2.3.+4", " 1.2.3.4", "1.2.3.4:80",
    "1..2.3",
    ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "12345::",
    "g::", "::1%eth0", "[::1]", "1.2.3.4::", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "::+1", "١.2.3.4",
    "1:", ":1", "1:2:3:4:5:6:7:", "unknown",
  ])
  func `what is no address is refused`(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(arguments: [
    ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
    ("10.0.0.0/9", "10.128.0.0", false), ("0.0.0.0/0", "1.2.3.4", true),
    ("0.0.0.0/0", "::1", false),
    ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false),
    ("2001:db8::/33", "2001:db8:7fff::", true), ("2001:db8::/33", "2001:db8:8000::", false),
    ("::/0", "::1", true), ("127.0.0.0/8", "::ffff:127.0.0.1", true),
  ])
  func `a range has its addresses`(range: String, address: String, isInside: Bool) throws {
    let address = try #require(IPAddress(address))
    #expect(try #require(AddressRange(range)).contains(address) == isInside)
  }

  @Test(arguments: [
    "", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::1/129", "::1/64", "/8", "a/8",
  ])
  func `what is no range is refused`(text: String) {
    #expect(AddressRange(text) == nil)
  }

  private func client(
    _ peer: String, _ values: [String], _ header: ProxyChain.Header = .xForwardedFor
  ) throws -> IPAddress? {
    let trusted = ["10.0.0.0/8", "::1", "2001:db8::/32"].compactMap { AddressRange($0) }
    let chain = ProxyChain(trusted: trusted, header: header)
    return chain.client(peer: try #require(IPAddress(peer)), values: values)
  }

  @Test(arguments: [
    ("1.1.1.1", ["2.2.2.2"], "1.1.1.1"), ("10.0.0.1", [], "10.0.0.1"),
    ("10.0.0.1", ["2.2.2.2"], "2.2.2.2"), ("10.0.0.1", ["6.6.6.6, 2.2.2.2"], "2.2.2.2"),
    ("10.0.0.1", ["6.6.6.6", "2.2.2.2 , 10.0.0.2"], "2.2.2.2"),
    ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
    ("10.0.0.1", ["6.6.6.6, unknown"], "10.0.0.1"),
    ("10.0.0.1", ["6.6.6.6, bad, 10.0.0.2"], "10.0.0.2"), ("10.0.0.1", ["2.2.2.2:8080"], "2.2.2.2"),
    ("::1", ["[2001:470::1]:99"], "2001:470::1"), ("::1", ["2001:470::1"], "2001:470::1"),
    ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", ["2.2.2.2,"], "10.0.0.1"),
    ("10.0.0.1", ["2.2.2.2:80:80"], "10.0.0.1"), ("10.0.0.1", ["[2.2.2.2]"], "10.0.0.1"),
    ("10.0.0.1", ["\"2.2.2.2\""], "10.0.0.1"),
  ])
  func `the client is the last hop that is not trusted`(
    peer: String, values: [String], expected: String
  ) throws {
    #expect(try client(peer, values) == IPAddress(expected))
  }

  @Test(arguments: [
    (["for=2.2.2.2;proto=https;by=10.0.0.9"], "2.2.2.2"),
    (["For=\"[2001:470::1]:4711\""], "2001:470::1"),
    (["for=6.6.6.6, for=\"2.2.2.2:80\", FOR=10.0.0.4"], "2.2.2.2"),
    (["for=6.6.6.6, for=_hidden"], "10.0.0.1"), (["for=6.6.6.6, proto=https"], "10.0.0.1"),
    (["for=6.6.6.6;for=7.7.7.7"], "10.0.0.1"),
    (["for=6.6.6.6, for=2.2.2.2;host=\"a,for=9.9.9.9\""], "2.2.2.2"),
    (["for=6.6.6.6, for=2.2.2.2;host=\"a\\\",for=9.9.9.9\""], "2.2.2.2"),
  ])
  func `Forwarded is read with its quotes`(values: [String], expected: String) throws {
    #expect(try client("10.0.0.1", values, .forwarded) == IPAddress(expected))
  }

  @Test func `one customer of IPv6 counts as one`() throws {
    let one = try #require(IPAddress("2001:470:1:2:3::4")).countedAs
    #expect(one == IPAddress("2001:470:1:2:ffff::")?.countedAs)
    #expect(one != IPAddress("2001:470:1:3::")?.countedAs)
    #expect(IPAddress("1.2.3.4")?.countedAs != IPAddress("1.2.3.5")?.countedAs)
    #expect(IPAddress("::ffff:0:0")?.countedAs == IPAddress("0.0.0.0"))
  }
}
