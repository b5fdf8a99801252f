import Testing

@testable import Access

/// What pages of other origins may do, and what a cookie is good for.
@Suite struct BrowserTests {
  private let policy = CORSPolicy(["https://app.example", "http://localhost:3000"])

  private func names(_ headers: [CORSPolicy.Header]) -> [String] { headers.map(\.name) }

  private func value(_ name: String, _ headers: [CORSPolicy.Header]) -> String? {
    headers.first { $0.name == name }?.value
  }

  @Test func `a listed origin is named, with credentials`() {
    let headers = policy.responseHeaders(origin: "https://app.example")
    #expect(value("Access-Control-Allow-Origin", headers) == "https://app.example")
    #expect(value("Access-Control-Allow-Credentials", headers) == "true")
    #expect(value("Vary", headers) == "Origin")
    #expect(
      value("Access-Control-Expose-Headers", headers)?.contains("Bridge-Last-Event-ID") == true)
  }

  @Test(
    arguments: [
      nil, "null", "", "*", "https://app.example.evil.example", "https://app.exampl",
      "http://app.example",
      "https://APP.example", "https://app.example/", "https://app.example:443",
      "https://evil.example",
    ] as [String?])
  func `no other origin is`(origin: String?) {
    #expect(names(policy.responseHeaders(origin: origin)) == ["Vary"])
    #expect(names(policy.preflight(origin: origin ?? "")) == ["Vary"])
    #expect(!policy.lists(origin ?? ""))
    #expect(!CORSPolicy(["null"]).lists("null"))
  }

  @Test func `any origin is without credentials`() {
    let any = CORSPolicy(["*"])
    for headers in [
      any.responseHeaders(origin: "https://x.example"), any.preflight(origin: "null"),
    ] {
      #expect(value("Access-Control-Allow-Origin", headers) == "*")
      #expect(!names(headers).contains("Access-Control-Allow-Credentials"))
    }
  }

  @Test func `the preflight spells out every header`() throws {
    let headers = policy.preflight(origin: "http://localhost:3000")
    let allowed = try #require(value("Access-Control-Allow-Headers", headers))
    for name in [
      "Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "Prefer", "Mqtt-Topic",
      "X-API-Key",
    ] {
      #expect(allowed.split(separator: ", ").contains(Substring(name)))
    }
    // A star does not stand for Authorization.
    #expect(!allowed.contains("*"))
    #expect(value("Access-Control-Max-Age", headers) == "600")
    #expect(value("Access-Control-Allow-Methods", headers) == "DELETE, GET, HEAD, POST, PUT, QUERY")
  }

  @Test(arguments: [
    ("https://a.example", true), ("http://localhost:3000", true), ("http://[::1]:80801", true),
    ("https://a.example/", false), ("a.example", false), ("https://", false),
    ("https://A.example", false),
    ("https://a.example:443", false), ("http://a:80", false), ("null", false),
    ("https://*.example", false),
    ("ftp://a", false), ("https://a.example?x", false), ("https://u@a", false),
  ])
  func `an origin is scheme, host and port`(text: String, isOrigin: Bool) {
    #expect(CORSPolicy.isOrigin(text) == isOrigin)
  }

  @Test func `what changes something needs a listed origin beside the cookie`() {
    let guarding = CookieGuard(policy)
    #expect(guarding.check(isSafe: true, origin: nil).isGranted)
    #expect(guarding.check(isSafe: false, origin: "https://app.example").isGranted)
    for origin in [nil, "null", "https://evil.example"] {
      let refusal = GrantsTests.refusal(guarding.check(isSafe: false, origin: origin))
      #expect(refusal?.code == .originForbidden)
    }
    #expect(
      !CookieGuard(CORSPolicy(["*"])).check(isSafe: false, origin: "https://x.example").isGranted)
  }

  @Test func `what changes something by a certificate comes from a listed origin or from no page`()
  {
    let guarding = CookieGuard(policy)
    for origin in [nil, "https://app.example"] {
      #expect(guarding.checkCertificate(isSafe: false, origin: origin).isGranted)
    }
    #expect(guarding.checkCertificate(isSafe: true, origin: "https://evil.example").isGranted)
    for origin in ["null", "https://evil.example"] {
      let refusal = GrantsTests.refusal(guarding.checkCertificate(isSafe: false, origin: origin))
      #expect(refusal?.code == .originForbidden)
    }
  }

  @Test func `a WebSocket needs a listed origin, or none and no cookie`() {
    let guarding = CookieGuard(policy)
    #expect(guarding.checkWebSocket(origin: "https://app.example", method: .cookie).isGranted)
    #expect(!guarding.checkWebSocket(origin: "https://evil.example", method: .bearer).isGranted)
    #expect(!guarding.checkWebSocket(origin: "null", method: .anonymous).isGranted)
    #expect(guarding.checkWebSocket(origin: nil, method: .bearer).isGranted)
    #expect(!guarding.checkWebSocket(origin: nil, method: .cookie).isGranted)
    let any = CookieGuard(CORSPolicy(["*"]))
    #expect(any.checkWebSocket(origin: "https://x.example", method: .bearer).isGranted)
    #expect(!any.checkWebSocket(origin: "https://x.example", method: .cookie).isGranted)
    #expect(!any.checkWebSocket(origin: "https://x.example", method: .certificate).isGranted)
  }
}
