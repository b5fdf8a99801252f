import Access
import MQTTClient
import TestSupport

@testable import Bridge

/// A bridge that knows tokens, a user, an API key and what callers without a credential may do.
struct GuardedProgram {
  static let origin = "https://app.example"
  static let apiKey = "an-api-key-of-the-tests"
  static let password = "correct horse"

  let broker: Mosquitto
  let program: RunningProgram
  private let directory: TemporaryDirectory

  /// Starts a broker and the bridge and waits until they are connected.
  init(flags: [String] = [], anonymous: String = "") throws {
    directory = try TemporaryDirectory()
    let salt = try Cryptography.randomBytes(PasswordHash.saltBytes)
    let hash = try PasswordHash.make(Self.password, salt: salt)
    let access = try directory.write(
      """
      users:
        - name: alice
          password: "\(hash.text)"
          grants: {publish: ["house/#"], subscribe: ["house/#"]}
      api_keys:
        - name: ci
          hash: "\(try APIKeyHash.text(for: Self.apiKey))"
          grants: {publish: ["house/#"], subscribe: ["house/#"], history: true}
      \(anonymous)
      """, to: "access.yaml")
    let secret = try directory.write(TestToken.secret + "\n", to: "secret")
    broker = try Mosquitto()
    let settings = [
      "--jwt-secret-file", secret, "--access-file", access, "--allowed-origins", Self.origin,
      "--cookie", "true", "--jwt-leeway", "0",
    ]
    program = try RunningProgram(broker: broker.url, flags: settings + flags)
    let admin = TestToken.header(try TestToken.make("root", grants: #""admin":true"#))
    let isConnected = try eventually {
      try program.adminClient.get("/healthz", headers: [admin]).json
        .object("broker")?.string("state") == "connected"
    }
    guard isConnected else { throw TestFailure("no broker: \(program.process.errors.text)") }
  }

  /// Publishes as somebody who may publish everything.
  func publish(_ payload: String, to topic: String, qos: Int = 1, query: String = "") throws {
    let token = try TestToken.make(
      "publisher", grants: ##""publish":["#"],"retain":true,"rate":"10000/s""##)
    let answer = try program.client.post(
      "/publish?topic=\(topic)&qos=\(qos)\(query)", payload, headers: [TestToken.header(token)])
    guard answer.status == 200 else {
      throw TestFailure("the publish was answered \(answer.status): \(answer.text)")
    }
  }
}
