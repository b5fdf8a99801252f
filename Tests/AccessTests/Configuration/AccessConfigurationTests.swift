import Testing

@testable import Access

/// All that is wrong with a configuration is found at once.
@Suite struct AccessConfigurationTests {
  private static let hash = "sha256:" + String(repeating: "0", count: 64)
  private static let password =
    "$scrypt$ln=10,r=8,p=1$c2l4dGVlbiBieXRlcyAhIQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

  private func grants(_ publish: [String]) -> GrantObject {
    var object = GrantObject()
    object.publish = publish
    return object
  }

  @Test func `the usual configuration is open and has no problem`() {
    let configuration = AccessConfiguration()
    #expect(configuration.isOpen)
    #expect(configuration.problems.isEmpty)
  }

  @Test func `a good configuration has no problem`() {
    var configuration = AccessConfiguration()
    configuration.users = [
      .init(name: "alice", password: Self.password, grants: grants(["u/${sub}/#"]))
    ]
    configuration.apiKeys = [.init(name: "ci", hash: Self.hash, grants: grants(["ci/#"]))]
    configuration.anonymous = grants(["public/#"])
    configuration.allowedOrigins = ["https://app.example"]
    configuration.acceptsCookie = true
    configuration.trustedProxies = ["10.0.0.0/8", "::1"]
    configuration.keySetURL = "https://id.example/keys"
    configuration.ticketKey = [UInt8](repeating: 1, count: 32)
    #expect(configuration.problems.isEmpty, "\(configuration.problems)")
    #expect(!configuration.isOpen)
  }

  @Test func `every problem is named with its place`() {
    var configuration = AccessConfiguration()
    configuration.users = [
      .init(name: "a:b", password: "secret", grants: grants(["a#"])),
      .init(name: "", password: Self.password, grants: grants(["${sub}/x"])),
      .init(name: "+", password: Self.password, grants: grants(["a/${sub}"])),
      .init(name: "+", password: Self.password, grants: grants([])),
    ]
    configuration.apiKeys = [
      .init(name: "k", hash: Self.hash, grants: grants([])),
      .init(name: "l", hash: Self.hash, grants: grants(["a/${nobody}"])),
      .init(name: "m", hash: "md5", grants: grants([])),
    ]
    configuration.anonymous = grants(["ok", "a/${sub}"])
    configuration.allowedOrigins = ["https://x.example/", "*"]
    configuration.acceptsCookie = true
    configuration.trustedProxies = ["10.0.0.1/8"]
    configuration.tokens.leeway = 100_000
    configuration.streams.perAddress = 0
    configuration.ticketKey = [1]
    configuration.ticketSeconds = 0
    configuration.keySetURL = "http://localhost.evil.example/keys"
    #expect(
      configuration.problems.map(\.path) == [
        "users[0].name", "users[0].password", "users[0].grants.publish[0]", "users[1].name",
        "users[1].grants.publish[0]", "users[2].grants.publish[0]", "users[3].name",
        "api_keys[1].hash", "api_keys[1].grants.publish[0]", "api_keys[2].hash",
        "anonymous.publish[1]", "allowed_origins[0]", "allowed_origins", "allowed_origins",
        "trusted_proxies[0]", "leeway", "streams.per_address", "ticket_seconds", "ticket_key",
        "jwks_url",
      ])
  }

  @Test func `a client identifier in a grant needs connections that have one`() {
    var configuration = AccessConfiguration()
    configuration.apiKeys = [
      .init(name: "k", hash: Self.hash, grants: grants(["dev/${clientid}/#"]))
    ]
    #expect(configuration.problems.map(\.path) == ["api_keys[0].grants.publish[0]"])
    #expect(configuration.problems.first?.reason.contains("mqtt_tunnel") == true)
    configuration.hasClientIDs = true
    #expect(configuration.problems.isEmpty)
  }

  @Test(arguments: [
    ("https://id.example/k", true), ("http://localhost/k", true), ("http://127.0.0.1:8080/k", true),
    ("http://[::1]:1/", true), ("http://id.example", false), ("https://", false),
    ("file:///etc", false),
    ("http://127.0.0.1.evil.example/", false), ("", false),
  ])
  func `a key set comes by https, or from this machine`(url: String, isGood: Bool) {
    var configuration = AccessConfiguration()
    configuration.keySetURL = url
    #expect(configuration.problems.isEmpty == isGood)
  }
}
