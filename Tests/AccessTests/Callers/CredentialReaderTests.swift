import Testing
import WebSocketProtocol

@testable import Access

/// Which credential of a request counts, and what is malformed.
@Suite struct CredentialReaderTests {
  private func read(
    _ fields: [(String, String)], tickets: [String] = [], isWebSocket: Bool = false
  ) throws(Refusal) -> Credential.Content? {
    let reader = CredentialReader(
      header: { name in fields.filter { $0.0 == name }.map(\.1) }, tickets: tickets,
      isWebSocket: isWebSocket)
    return try reader.read()?.content
  }

  private func basic(_ pair: String) -> String { "Basic " + Base64.encoded(Array(pair.utf8)) }

  @Test func `the first there is counts`() throws {
    var fields = [
      ("Cookie", "__Host-bridge=cookie"), ("X-API-Key", "key"), ("Authorization", basic("u:p")),
      ("Authorization", "Bearer token"),
    ]
    #expect(try read(fields, tickets: ["tk_1"]) == .bearer("token"))
    fields.removeLast()
    #expect(try read(fields, tickets: ["tk_1"]) == .basic(user: "u", password: "p"))
    fields.removeLast()
    #expect(try read(fields, tickets: ["tk_1"]) == .apiKey("key"))
    fields.removeLast()
    #expect(try read(fields, tickets: ["tk_1"]) == .cookie("cookie"))
    #expect(try read([], tickets: ["tk_1"]) == .ticket("tk_1"))
    #expect(try read([]) == nil)
  }

  @Test func `what comes after the one that counts is not looked at`() throws {
    let fields = [
      ("Authorization", "bearer a.b.c"), ("X-API-Key", "\u{7}"), ("Cookie", "__Host-bridge=\u{7}"),
    ]
    #expect(try read(fields, tickets: ["", "x"]) == .bearer("a.b.c"))
  }

  @Test func `a token comes as a subprotocol of a WebSocket only`() throws {
    let fields = [("Sec-WebSocket-Protocol", "bridge.v1.json, bearer.a.b.c")]
    #expect(try read(fields, isWebSocket: true) == .bearer("a.b.c"))
    #expect(try read(fields) == nil)
  }

  @Test(arguments: [
    ("u:p:q", "u", "p:q"), ("u:", "u", ""), ("u: ", "u", " "), ("ü:ß", "ü", "ß"),
  ])
  func `user and password are parted by the first colon`(
    pair: String, user: String, password: String
  ) throws {
    #expect(try read([("Authorization", basic(pair))]) == .basic(user: user, password: password))
  }

  @Test(arguments: [
    "Bearer", "Bearer ", "Bearer a b", "Bearer a,b", "Bearer ü", "Bearer a\u{0}", "Digest x", "",
    "x",
    "Basic", "Basic ====", "Basic dTpw=", "Basic dTp", "Basic OnA=", "Basic dXA=", "Basic dQo6cA==",
    "Basic gDpw",
  ])
  func `a malformed authorization is refused and not anonymous`(value: String) {
    #expect { try read([("Authorization", value)]) } throws: { error in
      (error as? Refusal)?.code == .tokenInvalid
    }
  }

  @Test func `two different values are refused, twice the same is one`() throws {
    for name in ["Authorization", "X-API-Key", "Cookie"] {
      let start = ["Authorization": "Bearer ", "Cookie": "__Host-bridge="][name] ?? ""
      #expect(throws: Refusal.self) { try read([(name, start + "a"), (name, start + "b")]) }
      #expect(try read([(name, start + "a"), (name, start + "a")]) != nil)
    }
    #expect(throws: Refusal.self) { try read([], tickets: ["a", "b"]) }
    #expect(throws: Refusal.self) { try read([("Cookie", "__Host-bridge=a; __Host-bridge=b")]) }
  }

  @Test(arguments: [
    "a=1", "__Host-bridge=", "x__Host-bridge=a", "__host-bridge=a", "__Host-bridge", ";;=",
  ])
  func `other cookies are none`(value: String) throws {
    #expect(try read([("Cookie", value)]) == nil)
  }

  @Test func `a cookie is found among others`() throws {
    #expect(try read([("Cookie", "a=1; __Host-bridge=t.o.k; b=2")]) == .cookie("t.o.k"))
  }

  @Test func `a long token is refused`() {
    let long = String(repeating: "a", count: 8193)
    #expect(throws: Refusal.self) { try read([("Authorization", "Bearer \(long)")]) }
    #expect(throws: Refusal.self) { try read([("Authorization", "Basic \(long)")]) }
    #expect(throws: Refusal.self) { try read([("X-API-Key", long)]) }
    #expect(throws: Refusal.self) { try read([], tickets: [long]) }
  }

  @Test func `no description shows a secret`() throws {
    let contents: [Credential.Content] = [
      .bearer("s3cret"), .basic(user: "u", password: "s3cret"), .apiKey("s3cret"),
      .cookie("s3cret"), .ticket("s3cret"),
    ]
    for content in contents {
      var dumped = ""
      dump(Credential(content), to: &dumped)
      for text in ["\(Credential(content))", String(reflecting: Credential(content)), dumped] {
        #expect(!text.contains("s3cret"))
      }
    }
  }

  @Test func `the challenge says what is wrong in quotable words`() {
    let expired = Refusal(.tokenExpired, "expired 12 s ago")
    #expect(
      Challenge.value(for: expired, offersBasic: false)
        == #"Bearer realm="bridge", error="invalid_token", error_description="expired 12 s ago""#)
    #expect(
      Challenge.value(for: Refusal(.tokenMissing, "no token"), offersBasic: true)
        == #"Bearer realm="bridge", Basic realm="bridge", charset="UTF-8""#)
    #expect(
      Challenge.value(for: Refusal(.topicForbidden, "a\"b\\ü\r\n"), offersBasic: true)
        == #"Bearer realm="bridge", error="insufficient_scope", error_description="a'b'???""#)
  }
}
