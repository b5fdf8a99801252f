import EventLoop
import Foundation
import Glibc
import JWTKit
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// Keys that are fetched from the issuer of tokens.
  @Suite struct KeySetTests {
    /// A pair of keys, of a seed that anyone can see.
    struct Pair: Sendable {
      let name: String
      let d: String
      let x: String

      var json: String {
        #"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"\#(name)","x":"\#(x)"}"#
      }

      func token(_ grants: String) async throws -> String {
        let collection = JWTKeyCollection()
        await collection.add(eddsa: try EdDSA.PrivateKey(d: d, curve: .ed25519))
        let expiry = Int(Date.now.timeIntervalSince1970) + 600
        let claims =
          #"{"sub":"bob","aud":"mqtt-bridge","exp":\#(expiry),"mqtt":{\#(grants)}}"#
        let signed =
          TestToken.encode(Array(#"{"alg":"EdDSA","kid":"\#(name)"}"#.utf8)) + "."
          + TestToken.encode(Array(claims.utf8))
        let signature = try await collection.getKey().sign(Array(signed.utf8))
        return signed + "." + TestToken.encode(signature)
      }
    }

    static let old = Pair(
      name: "old", d: String(repeating: "A", count: 43),
      x: "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik")
    static let new = Pair(
      name: "new", d: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
      x: "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w")

    static func set(_ pairs: Pair...) -> String {
      #"{"keys":["# + pairs.map(\.json).joined(separator: ",") + "]}"
    }

    private func start(_ broker: Mosquitto, _ url: String) throws -> RunningProgram {
      try RunningProgram(broker: broker.url, flags: ["--jwks-url", url])
    }

    private func wait(_ bridge: RunningProgram, for text: String) throws {
      let line = bridge.process.errors.first(within: .seconds(20)) { $0.contains(text) }
      if line == nil { throw TestFailure("no '\(text)' in \(bridge.process.errors.text)") }
    }

    @Test func `a token is good once its key is fetched, and the bridge is ready then`()
      async throws
    {
      let broker = try Mosquitto()
      let isOpen = Locked(false)
      let issuer = try HTTPReceiver { _, _ in
        isOpen.withLock { $0 } ? .init(200, body: Self.set(Self.old)) : .init(503)
      }
      let bridge = try start(broker, issuer.url)
      let header = TestToken.header(try await Self.old.token(##""publish":["#"]"##))
      try wait(bridge, for: "no keys fetched")
      #expect(try bridge.client.post("/publish?topic=a", "x", headers: [header]).status == 401)
      let ready = try bridge.adminClient.get("/healthz/ready")
      #expect(ready.status == 503)
      #expect(ready.text.contains("jwks_url"))
      isOpen.withLock { $0 = true }
      try wait(bridge, for: "keys fetched")
      let isGood = try eventually {
        try bridge.client.post("/publish?topic=a", "x", headers: [header]).status < 300
      }
      #expect(isGood)
      #expect(try bridge.adminClient.get("/healthz/ready").status == 200)
      let request = try #require(issuer.received.first)
      #expect(request.method == "GET")
      #expect(request.header("Accept")?.contains("jwk-set") == true)
    }

    @Test func `a token with a key that nobody knows yet makes the set be fetched again`()
      async throws
    {
      let broker = try Mosquitto()
      let document = Locked(Self.set(Self.old))
      let issuer = try HTTPReceiver { _, _ in
        .init(200, headers: [("Cache-Control", "max-age=86400")], body: document.withLock { $0 })
      }
      let bridge = try start(broker, issuer.url)
      try wait(bridge, for: "keys fetched")
      document.withLock { $0 = Self.set(Self.old, Self.new) }
      let old = TestToken.header(try await Self.old.token(##""publish":["#"]"##))
      let new = TestToken.header(try await Self.new.token(##""publish":["#"]"##))
      #expect(try bridge.client.post("/publish?topic=a", "x", headers: [old]).status < 300)
      // The interval between fetches for unknown keys has to pass first.
      let isGood = try eventually(within: .seconds(60)) {
        try bridge.client.post("/publish?topic=a", "x", headers: [new]).status < 300
      }
      #expect(isGood)
      #expect(issuer.received.count == 2)
    }

    @Test func `SIGHUP fetches at once; a set with a secret is refused, and the old keys stay`()
      async throws
    {
      let broker = try Mosquitto()
      let document = Locked(Self.set(Self.old))
      let issuer = try HTTPReceiver { _, _ in .init(200, body: document.withLock { $0 }) }
      let bridge = try start(broker, issuer.url)
      try wait(bridge, for: "keys fetched")
      let secret = TestToken.encode(Array(repeating: 65, count: 32))
      document.withLock { $0 = #"{"keys":[{"kty":"oct","alg":"HS256","k":"\#(secret)"}]}"# }
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "no key set")
      let old = TestToken.header(try await Self.old.token(##""publish":["#"]"##))
      let new = TestToken.header(try await Self.new.token(##""publish":["#"]"##))
      #expect(try bridge.client.post("/publish?topic=a", "x", headers: [old]).status < 300)
      document.withLock { $0 = Self.set(Self.new) }
      bridge.process.signal(SIGHUP)
      let isGood = try eventually {
        try bridge.client.post("/publish?topic=a", "x", headers: [new]).status < 300
      }
      #expect(isGood)
      #expect(try bridge.client.post("/publish?topic=a", "x", headers: [old]).status == 401)
    }

    @Test func `keys of another issuer than the one that is configured now are none`() async throws
    {
      let broker = try Mosquitto()
      let files = try TemporaryDirectory()
      let first = try HTTPReceiver { _, _ in .init(200, body: Self.set(Self.old)) }
      let second = try HTTPReceiver { _, _ in .init(503) }
      let file = try files.write("jwks_url: \(first.url)\n", to: "bridge.yaml")
      let bridge = try RunningProgram(broker: broker.url, flags: ["--config", file])
      try wait(bridge, for: "keys fetched")
      let old = TestToken.header(try await Self.old.token(##""publish":["#"]"##))
      #expect(try bridge.client.post("/publish?topic=a", "x", headers: [old]).status < 300)
      _ = try files.write("jwks_url: \(second.url)\n", to: "bridge.yaml")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "no keys fetched")
      #expect(try bridge.client.post("/publish?topic=a", "x", headers: [old]).status == 401)
    }
  }
}
