import Foundation
import MQTTClient
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  /// What attackers do with tokens and tickets, to the whole program.
  @Suite struct AttackTests {
    private static let grants = ##""publish":["#"],"subscribe":["#"]"##

    private static func claims(_ more: String, expiry: Int = 4_000_000_000) -> String {
      #"{"sub":"eve","aud":"mqtt-bridge","exp":\#(expiry),"mqtt":{\#(grants)}\#(more)}"#
    }

    private static func token(_ header: String, _ claims: String, secret: String) throws -> String {
      try TestToken.sign(header: header, claims: claims, secret: secret)
    }

    /// Tokens that look right to somebody who reads them carelessly.
    private static func forgeries() throws -> [(name: String, token: String)] {
      let secret = TestToken.secret
      let plain = #"{"alg":"HS256","typ":"JWT"}"#
      var forged: [(String, String)] = []
      for name in ["none", "None", "NONE", "nOnE"] {
        let header = #"{"alg":"\#(name)"}"#
        let signed = try token(header, claims(""), secret: secret)
        let bare = signed.split(separator: ".").prefix(2).joined(separator: ".")
        forged += [("\(name), signed", signed), ("\(name), bare", bare + "."), (name, bare)]
      }
      let own = "an attacker's own secret, long enough"
      let key = TestToken.encode(Array(own.utf8))
      for field in [
        #""jwk":{"kty":"oct","alg":"HS256","k":"\#(key)"}"#, #""jku":"http://127.0.0.1:1/keys""#,
        #""x5u":"http://127.0.0.1:1/chain""#, #""x5c":["MIIB"]"#, #""kid":"../../../dev/null""#,
        #""kid":"' OR 1=1 --""#, #""kid":"|/bin/true""#,
      ] {
        let header = #"{"alg":"HS256",\#(field)}"#
        forged.append((field, try token(header, claims(""), secret: own)))
        forged.append(("empty secret, \(field)", try token(header, claims(""), secret: "")))
      }
      for (name, claims) in [
        ("expired", claims("", expiry: 1_000_000_000)),
        ("not yet", claims(#","nbf":4000000000"#)),
        ("rights twice", claims(##","mqtt":{"publish":["#"]}"##)),
        ("end twice", claims(#","exp":4000000001"#)),
        ("another audience", claims("").replacing("mqtt-bridge", with: "other")),
        ("no end", claims("").replacing(#""exp":4000000000,"#, with: "")),
        ("a lone surrogate", claims(#","jti":"\ud800""#)),
      ] {
        forged.append((name, try token(plain, claims, secret: secret)))
      }
      let name = #"{"alg":"x\r\nSet-Cookie: a=b"}"#
      forged.append(("a name with a line", try token(name, claims(""), secret: secret)))
      let critical = #"{"alg":"HS256","crit":["b64"],"b64":false}"#
      forged.append(("critical", try token(critical, claims(""), secret: secret)))
      let padding = #","jti":"\#(String(repeating: "x", count: 9000))""#
      forged.append(("huge", try token(plain, claims(padding), secret: secret)))
      return forged
    }

    @Test func `a forged token is answered 401, and nothing of its request happens`() throws {
      let guarded = try GuardedProgram()
      let watcher = try MosquittoClient.subscribe(to: ["#"], on: guarded.broker)
      let client = guarded.program.client
      for (name, token) in try Self.forgeries() {
        let answer = try client.post(
          "/publish?topic=house/forged&qos=1", "x", headers: [TestToken.header(token)])
        #expect(answer.status == 401, "\(name): \(answer.text)")
        let challenges = answer.headers.filter { $0.name == "www-authenticate" }
        #expect(challenges.count >= 1 && answer.header("Set-Cookie") == nil, "\(name)")
        let stream = try client.get("/subscribe?topic=%23", headers: [TestToken.header(token)])
        #expect(stream.status == 401, "\(name)")
      }
      let good = try Self.token(
        #"{"alg":"HS256","typ":"JWT"}"#, Self.claims(""), secret: TestToken.secret)
      let answer = try client.post(
        "/publish?topic=house/good&qos=1", "x", headers: [TestToken.header(good)])
      #expect(answer.status == 200)
      #expect(eventually { !watcher.output.messages.isEmpty })
      #expect(watcher.output.messages == ["1 0 house/good x"])
    }

    /// Runs openssl, and gives the bytes that it wrote into a file.
    private func openssl(_ arguments: [String], in directory: TemporaryDirectory) throws -> [UInt8]
    {
      let output = directory.file("output")
      let process = try ChildProcess(
        "openssl", arguments.prefix(1) + ["-out", output] + arguments.dropFirst())
      guard process.waitForExit() == .status(0) else {
        throw TestFailure("openssl failed: \(process.errors.text)")
      }
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
    }

    @Test func `the public key of a bridge is no secret that tokens can be signed with`() throws {
      let directory = try TemporaryDirectory()
      let pair = String(
        decoding: try openssl(
          ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], in: directory),
        as: UTF8.self)
      let key = try directory.write(pair, to: "key.pem")
      let pem = String(
        decoding: try openssl(["pkey", "-in", key, "-pubout"], in: directory), as: UTF8.self)
      let file = try directory.write(pem, to: "public.pem")
      let broker = try Mosquitto()
      let program = try RunningProgram(broker: broker.url, flags: ["--jwt-key-file", file])
      func publish(_ token: String) throws -> HTTPTestResponse {
        try program.client.post(
          "/publish?topic=a&ack=stored", "x", headers: [TestToken.header(token)])
      }
      for secret in [pem, String(pem.dropLast()), pem.replacing("\n", with: "\r\n")] {
        for header in [#"{"alg":"HS256"}"#, #"{"alg":"HS256","typ":"JWT"}"#] {
          let answer = try publish(Self.token(header, Self.claims(""), secret: secret))
          #expect(answer.status == 401)
        }
      }
      let signed =
        TestToken.encode(Array(#"{"alg":"RS256"}"#.utf8)) + "."
        + TestToken.encode(Array(Self.claims("").utf8))
      let text = try directory.write(signed, to: "signed")
      let signature = try openssl(["dgst", "-sha256", "-sign", key, text], in: directory)
      #expect(try publish(signed + "." + TestToken.encode(signature)).status == 202)
    }
  }

  /// What thieves do with tickets.
  @Suite struct TicketAttackTests {
    private let guarded: GuardedProgram

    init() throws { guarded = try GuardedProgram() }

    private func ticket(
      _ terms: String = #"{"topics":["house/a"],"ttl":60}"#, lifetime: Int = 3600
    ) throws -> String {
      let token = try TestToken.make(
        "bob", lifetime: lifetime,
        grants: ##""publish":["#"],"subscribe":["#"],"history":true,"admin":true"##)
      let answer = try guarded.program.client.post(
        "/ticket", terms, headers: [TestToken.header(token)])
      guard let ticket = try answer.json.string("ticket") else {
        throw TestFailure("no ticket: \(answer.text)")
      }
      return ticket
    }

    /// The status of a stream that is asked for with a ticket.
    private func status(_ query: String) throws -> Int {
      try guarded.program.client.stream("/subscribe?" + query).response.status
    }

    @Test func `a ticket is for its topics on a stream, and for nothing else`() throws {
      let ticket = try ticket()
      let client = guarded.program.client
      for (method, target) in [
        ("POST", "/publish?topic=house/a"), ("POST", "/topics/house/a?"),
        ("PUT", "/topics/house/a?"),
        ("DELETE", "/topics/house/a?"), ("GET", "/topics/house/a?"),
        ("GET", "/retained?filter=house/a"),
        ("GET", "/history?topic=house/a"), ("POST", "/request?topic=house/a"), ("POST", "/ticket?"),
        ("GET", "/subscriptions?"), ("PUT", "/subscriptions/x?"), ("DELETE", "/subscriptions/x?"),
        ("POST", "/subscriptions/x/ack?"), ("POST", "/publish/batch?"),
        ("GET", "/messages/0198f2c4-7b1e-7d30-9f4e-2a6f1c0de001?"),
      ] {
        let body = method == "GET" || method == "DELETE" ? nil : Array("x".utf8)
        let answer = try client.request(method, "\(target)&ticket=\(ticket)", body: body)
        #expect(answer.status == 401, "\(method) \(target): \(answer.status)")
      }
      for target in ["/healthz", "/admin/status", "/metrics", "/admin/queue"] {
        let answer = try guarded.program.adminClient.get("\(target)?ticket=\(ticket)")
        #expect(answer.status == 401, "\(target): \(answer.status)")
      }
      for header in [
        ("Authorization", "Bearer \(ticket)"), ("X-API-Key", ticket),
        ("Cookie", "__Host-bridge=\(ticket)"), ("Authorization", "Basic \(ticket)"),
      ] {
        #expect(try client.get("/subscribe?topic=house/a", headers: [header]).status == 401)
      }
      #expect(try status("topic=house/a&ticket=\(ticket)") == 200)
    }

    @Test func `a ticket does not stretch to other filters`() throws {
      let ticket = try ticket()
      for filter in [
        "house/%23", "%23", "house/+", "+/a", "house/a/%23", "house/b", "House/a", "house/a%2F",
        "$share/g/house/a", "$SYS/%23", "house%252Fa", "/house/a",
      ] {
        #expect(try status("topic=\(filter)&ticket=\(ticket)") == 403, "\(filter)")
        #expect(try status("topic=house/a&topic=\(filter)&ticket=\(ticket)") == 403, "\(filter)")
      }
      #expect(try status("topic=house/a&ticket=\(ticket)") == 200)
    }

    @Test func `a ticket that was changed is none`() throws {
      let ticket = try ticket()
      let other = try self.ticket(#"{"topics":["house/b"],"ttl":60}"#)
      var changed = Array(ticket.utf8)
      changed[changed.count / 2] ^= 1
      let texts: [String] = [
        String(decoding: changed, as: UTF8.self), ticket + "A", String(ticket.dropLast()),
        String(ticket.dropFirst(3)), "tk_", "tk_AAAA", ticket.uppercased(), "",
        String(ticket.prefix(ticket.count / 2) + other.dropFirst(other.count / 2)),
      ]
      for text in texts { #expect(try status("topic=house/a&ticket=\(text)") == 401, "\(text)") }
      #expect(try status("topic=house/a&ticket=\(ticket)&ticket=\(other)") == 401)
    }

    @Test func `a ticket ends with the token that got it, and unused with its time`() throws {
      let short = try ticket(lifetime: 3)
      #expect(try status("topic=house/a&ticket=\(short)") == 200)
      #expect(try eventually { try status("topic=house/a&ticket=\(short)") == 401 })
      let unused = try ticket(#"{"topics":["house/a"],"ttl":1}"#)
      let marks = try ticket(#"{"topics":["house/a"],"ttl":1}"#, lifetime: 4)
      // Used in time, it says by its own end that the time of the other one is over long ago.
      #expect(try status("topic=house/a&ticket=\(marks)") == 200)
      #expect(try eventually { try status("topic=house/a&ticket=\(marks)") == 401 })
      #expect(try status("topic=house/a&ticket=\(unused)") == 401)
    }
  }
}
