import Testing

@testable import MQTTClient

@Suite struct ScramTests {
  static let nonce = "rOprNGfwEbeRWgbNEkqO"
  static let serverFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
  static let serverFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

  /// The client of the example in RFC 7677.
  func exchange(
    user: String = "user", password: String = "pencil", iterations: ClosedRange<Int> = 4096...10_000
  ) -> any AuthenticationExchange {
    ScramSHA256Authenticator(
      username: user, password: password, iterations: iterations, nonce: { Self.nonce }
    ).makeExchange(for: .connection)
  }

  func message(_ text: String) -> AuthenticationMessage { AuthenticationMessage(Bytes(text.utf8)) }

  func text(_ bytes: Bytes?) -> String { String(decoding: bytes ?? [], as: UTF8.self) }

  @Test func `the example of the specification comes out`() async throws {
    let exchange = exchange()
    #expect(text(try await exchange.start()) == "n,,n=user,r=\(Self.nonce)")
    let answer = try await exchange.respond(to: message(Self.serverFirst))
    #expect(
      text(answer.data)
        == "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        + "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    try await exchange.finish(message(Self.serverFinal))
  }

  @Test func `the broker's proof may come before its last word`() async throws {
    let exchange = exchange()
    _ = try await exchange.start()
    _ = try await exchange.respond(to: message(Self.serverFirst))
    #expect(try await exchange.respond(to: message(Self.serverFinal)) == AuthenticationMessage())
    try await exchange.finish(AuthenticationMessage())
  }

  @Test(arguments: [
    "", "v=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=",
    "v=AAAATRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJR",
    "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "x=1",
  ]) func `a broker that does not prove itself is refused`(last: String) async throws {
    for isEarly in [false, true] {
      let exchange = exchange()
      _ = try await exchange.start()
      _ = try await exchange.respond(to: message(Self.serverFirst))
      await #expect(throws: ScramError.serverNotProved) {
        if isEarly {
          _ = try await exchange.respond(to: message(last))
        } else {
          try await exchange.finish(message(last))
        }
      }
    }
  }

  @Test func `a broker that accepts without asking is refused`() async throws {
    let silent = exchange()
    _ = try await silent.start()
    await #expect(throws: ScramError.serverNotProved) {
      try await silent.finish(AuthenticationMessage())
    }
    let bold = exchange()
    _ = try await bold.start()
    await #expect(throws: ScramError.serverNotProved) {
      try await bold.finish(message(Self.serverFinal))
    }
  }

  @Test func `the broker's refusal is told in its words`() async throws {
    let exchange = exchange()
    _ = try await exchange.start()
    _ = try await exchange.respond(to: message(Self.serverFirst))
    await #expect(throws: ScramError.refused("invalid-proof")) {
      _ = try await exchange.respond(to: message("e=invalid-proof"))
    }
  }

  static let malformed: [(String, ScramError)] = [
    ("", .unexpectedMessage), ("r=\(nonce)x", .unexpectedMessage),
    ("r=\(nonce)x,s=AAAA", .unexpectedMessage), ("s=AAAA,r=\(nonce)x,i=4096", .unexpectedMessage),
    ("r=\(nonce)x,s=,i=4096", .unexpectedMessage), ("r=\(nonce)x,s=A,i=4096", .unexpectedMessage),
    ("r=\(nonce)x,s=AAAA,i=", .unexpectedMessage), ("r=\(nonce)x,s=AAAA,i=-1", .unexpectedMessage),
    ("r=\(nonce)x,s=AAAA,i=+4096", .unexpectedMessage),
    ("r=\(nonce)x,s=AAAA,i=99999999999999999999", .unexpectedMessage),
    ("r=\(nonce)x,s=AAAA,i=4095", .iterationsOutOfRange(4095)),
    ("r=\(nonce)x,s=AAAA,i=10001", .iterationsOutOfRange(10_001)),
    ("r=\(nonce),s=AAAA,i=4096", .nonceMismatch), ("r=other,s=AAAA,i=4096", .nonceMismatch),
    ("m=x,r=\(nonce)x,s=AAAA,i=4096", .extensionRequired),
    ("e=unknown-user", .refused("unknown-user")),
  ]

  @Test(arguments: malformed)
  func `a first message that cannot be answered fails the exchange`(
    text: String, error: ScramError
  ) async throws {
    let exchange = exchange()
    _ = try await exchange.start()
    await #expect(throws: error) { _ = try await exchange.respond(to: message(text)) }
    // And for good: no second try with the same nonce.
    await #expect(throws: ScramError.unexpectedMessage) {
      _ = try await exchange.respond(to: message(Self.serverFirst))
    }
  }

  @Test func `bytes that are no text fail the exchange`() async throws {
    let exchange = exchange()
    _ = try await exchange.start()
    await #expect(throws: ScramError.unexpectedMessage) {
      _ = try await exchange.respond(to: AuthenticationMessage([0xFF, 0xFE]))
    }
  }

  @Test func `what separates fields is escaped in a user name`() async throws {
    let exchange = exchange(user: "a=b,c")
    #expect(text(try await exchange.start()) == "n,,n=a=3Db=2Cc,r=\(Self.nonce)")
  }

  @Test(arguments: [("a\u{0}b", "p"), ("a", "p\u{7}"), ("a\n", "p")])
  func `control characters are refused`(user: String, password: String) async throws {
    let exchange = exchange(user: user, password: password)
    await #expect(throws: ScramError.credentialsNotAllowed) { _ = try await exchange.start() }
  }

  @Test func `both sides agree on any password, and on no wrong one`() async throws {
    for (password, isRight) in [("pencil", true), ("Stift-ß🖊", true), ("wrong", false), ("", true)]
    {
      var server = ScramServer(password: isRight ? password : "right")
      let client = ScramSHA256Authenticator(username: "ann", password: password)
        .makeExchange(for: .reauthentication)
      let first = try #require(try await client.start())
      let answer = try await client.respond(to: AuthenticationMessage(server.challenge(first)))
      let last = try server.verify(try #require(answer.data))
      #expect((last != nil) == isRight)
      if let last { try await client.finish(AuthenticationMessage(last)) }
      #expect(server.user == "ann")
    }
  }

  @Test func `every exchange has a nonce of its own`() async throws {
    let authenticator = ScramSHA256Authenticator(username: "u", password: "p")
    var seen = Set<String>()
    for _ in 0..<20 {
      seen.insert(text(try await authenticator.makeExchange(for: .connection).start()))
    }
    #expect(seen.count == 20)
    #expect(seen.allSatisfy { $0.utf8.count == "n,,n=u,r=".utf8.count + 32 })
  }

  @Test func `no description shows name, password or data`() {
    let authenticator = ScramSHA256Authenticator(username: "hunter", password: "secret7")
    let data = AuthenticationMessage(Bytes("secret7".utf8))
    var options = SessionOptions(clientID: "c")
    options.authenticator = authenticator
    var texts = ["\(authenticator)", String(reflecting: authenticator), "\(data)", "\(options)"]
    for value in [
      authenticator, data, options, ConnectOverrides(username: "hunter", password: data.data),
    ]
      as [Any]
    {
      var dumped = ""
      dump(value, to: &dumped)
      texts += [dumped, String(reflecting: value)]
    }
    for text in texts {
      #expect(!text.contains("secret7") && !text.contains("hunter"))
      #expect(!text.contains("115, 101"))
    }
  }
}
