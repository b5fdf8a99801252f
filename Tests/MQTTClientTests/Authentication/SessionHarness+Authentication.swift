@testable import MQTTClient

/// An authenticator whose exchanges nobody runs: a test gives the session their answers.
struct NamedAuthenticator: Authenticator {
  var method = "TEST"

  func makeExchange(for purpose: AuthenticationPurpose) -> any AuthenticationExchange {
    ScramExchange("", "", 1...1)
  }
}

extension SessionHarness {
  init(
    authenticator: any Authenticator, _ change: (inout SessionOptions) -> Void = { _ in }
  ) {
    self.init {
      $0.authenticator = authenticator
      change(&$0)
    }
  }

  mutating func answer(_ number: UInt64, _ text: String = "") -> [SessionAction] {
    run {
      $0.authenticated(number, .success(AuthenticationMessage(Bytes(text.utf8))), at: $1, &$2)
    }
  }

  mutating func refuse(_ number: UInt64) -> [SessionAction] {
    run { $0.authenticated(number, .failure(.authenticator("no")), at: $1, &$2) }
  }

  mutating func reauthenticate(_ key: UInt64) -> [SessionAction] {
    run { $0.reauthenticate(key: key, at: $1, &$2) }
  }

  static func auth(
    _ text: String, _ code: ReasonCode = .continueAuthentication, method: String? = "TEST"
  ) -> Packet {
    .auth(Auth(code, authenticationMethod: method, authenticationData: Bytes(text.utf8)))
  }

  /// An accepting CONNACK as an authenticated client must get it.
  static func authenticatedAck(_ text: String = "") -> ConnectAck {
    ack {
      $0.authenticationMethod = "TEST"
      $0.authenticationData = Bytes(text.utf8)
    }
  }

  /// From idle to up by an exchange of one challenge, whose requests have the numbers 1, 2 and 3.
  mutating func authenticate() {
    _ = start()
    _ = open()
    _ = answer(1, "first")
    _ = receive(Self.auth("challenge"))
    _ = answer(2, "proof")
    _ = receive(.connectAck(Self.authenticatedAck("last")))
    _ = answer(3)
  }
}

extension AuthenticationMessage {
  init(_ text: String) { self.init(Bytes(text.utf8)) }
}

extension SessionAction {
  static func ask(_ number: UInt64, _ step: AuthenticationRequest.Step) -> Self {
    .authenticate(AuthenticationRequest(number: number, step: step))
  }
}
