import MQTTClient
import Testing

@Suite struct ProxyOptionsTests {
  @Test(
    arguments: [
      ("http://proxy", .http, "proxy", 80), ("http://proxy:3128/", .http, "proxy", 3128),
      ("https://proxy", .https, "proxy", 443), ("socks5://[::1]", .socks5, "::1", 1080),
      ("socks5h://p:1", .socks5, "p", 1), ("HTTP://P", .http, "P", 80),
    ] as [(String, ProxyOptions.Kind, String, UInt16)])
  func `a URL names kind, host and port`(
    url: String, kind: ProxyOptions.Kind, host: String, port: UInt16
  ) throws {
    let proxy = try ProxyOptions(url)
    #expect(proxy.kind == kind && proxy.host == host && proxy.port == port)
    #expect(proxy.username == nil && proxy.password == nil)
  }

  @Test func `credentials are percent-decoded and never shown`() throws {
    let proxy = try ProxyOptions("http://ann%3A:s%40cret@proxy:1")
    #expect(proxy.username == "ann:" && proxy.password == "s@cret")
    var dumped = ""
    dump(proxy, to: &dumped)
    for text in ["\(proxy)", String(reflecting: proxy), dumped] {
      #expect(!text.contains("cret") && !text.contains("ann"))
    }
  }

  @Test(arguments: [
    "", "proxy:1", "ftp://proxy", "http://", "http://proxy/path", "http://proxy:0",
    "http://proxy?x", "http://a%@proxy", "http://a:%ff@proxy",
  ])
  func `other texts are refused with a sentence`(url: String) {
    let error = #expect(throws: ProxyURLError.self) { try ProxyOptions(url) }
    #expect(error?.description.isEmpty == false)
  }

  @Test func `the environment that is passed names the proxy and its exceptions`() throws {
    let proxy = try ProxyOptions.fromEnvironment([
      "https_proxy": "", "HTTPS_PROXY": "proxy:3128", "ALL_PROXY": "socks5://other",
      "no_proxy": "localhost, .example.org",
    ])
    #expect(proxy?.description == "http://proxy:3128")
    #expect(proxy?.exceptions.contains(host: "a.example.org", port: 1883) == true)
    #expect(try ProxyOptions.fromEnvironment(["all_proxy": "socks5://p"])?.kind == .socks5)
    #expect(try ProxyOptions.fromEnvironment(["no_proxy": "*"]) == nil)
    #expect(throws: ProxyURLError.self) {
      try ProxyOptions.fromEnvironment(["all_proxy": "ftp://p"])
    }
  }

  @Test(
    arguments: [
      ("*", "anything", 1, true), ("", "a", 1, false), ("example.org", "example.org", 1, true),
      ("example.org", "a.EXAMPLE.org", 1, true), ("example.org", "anexample.org", 1, false),
      (".example.org", "example.org", 1, true), ("b:1883", "b", 1883, true),
      ("b:1883", "b", 8883, false), ("b:x", "b", 1, false), ("10.0.0.0/8", "10.9.8.7", 1, true),
      ("10.0.0.0/8", "11.0.0.1", 1, false), ("10.0.0.0/33", "10.0.0.1", 1, false),
      ("10.0.0.1", "10.0.0.1", 1, true), ("10.0.0.1", "10.0.0.2", 1, false),
      ("0.0.0.0/0", "8.8.8.8", 1, true), ("0.0.0.0/0", "name", 1, false),
      ("fe80::/10", "fe80::1", 1, true), ("fe80::/10", "::1", 1, false),
      ("[::1]", "::1", 1, true), ("2001:db8::/65", "2001:db8:0:0:8000::1", 1, false),
      ("a,b c", "c", 1, true),
    ] as [(String, String, UInt16, Bool)])
  func `exceptions are names, addresses and networks`(
    list: String, host: String, port: UInt16, isExcepted: Bool
  ) {
    #expect(ProxyExceptions(list).contains(host: host, port: port) == isExcepted)
  }
}
