import EventLoop
import Testing

@Suite struct SocketAddressTests {
  @Test(arguments: [
    ("127.0.0.1", "127.0.0.1:1883"), ("255.254.253.252", "255.254.253.252:1883"),
    ("::1", "[::1]:1883"), ("2001:db8::FF00:42", "[2001:db8::ff00:42]:1883"),
    ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:1883"),
  ])
  func `addresses in digits need no lookup`(text: String, description: String) throws {
    let address = try #require(HostLookup.literal(text, port: 1883))
    #expect(address.description == description)
    #expect(address.isVersion6 == text.contains(":"))
  }

  @Test(arguments: ["localhost", "", "1.2.3.4.5", "::g", "[::1]", "a b"])
  func `names are not addresses in digits`(text: String) {
    #expect(HostLookup.literal(text, port: 1883) == nil)
  }

  @Test func `the system knows where localhost is`() throws {
    let addresses = try HostLookup.addresses(of: "localhost", port: 80).get()
    #expect(addresses.contains(.loopback(port: 80)) || addresses.contains { $0.isVersion6 })
    #expect(Set(addresses).count == addresses.count)
  }

  @Test func `a name that cannot exist is a failure in words`() {
    guard case .failure(let failure) = HostLookup.addresses(of: "no host.invalid", port: 1) else {
      Issue.record("a name with a space has an address")
      return
    }
    #expect(failure.code != 0)
    #expect(!failure.description.isEmpty)
  }
}
