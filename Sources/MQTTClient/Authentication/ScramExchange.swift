import WebSocketProtocol

/// The client's side of one SCRAM-SHA-256 exchange. [RFC 5802, section 3]
///
///     initial ──start──▶ asked ──server-first──▶ proved ──server-final──▶ done
///                                proved ──server-final in AUTH──▶ verified ──CONNACK──▶ done
///
/// Any message out of turn fails it; so does an end without the server's signature.
actor ScramExchange: AuthenticationExchange {
  private enum Stage {
    case initial
    case asked
    case proved(serverSignature: [UInt8])
    case verified
    case done
  }

  private let username: String
  private let password: String
  private let iterations: ClosedRange<Int>
  private let givenNonce: String?
  private var nonce = ""
  private var stage = Stage.initial

  init(
    _ username: String, _ password: String, _ iterations: ClosedRange<Int>, nonce: String? = nil
  ) {
    self.username = username
    self.password = password
    self.iterations = iterations
    givenNonce = nonce
  }

  func start() throws -> Bytes? {
    guard Self.isAllowed(username), Self.isAllowed(password) else {
      throw ScramError.credentialsNotAllowed
    }
    nonce = try givenNonce ?? Self.makeNonce()
    stage = .asked
    // "n" says that this client does not bind the exchange to a TLS channel.
    return Bytes(("n,," + firstBare).utf8)
  }

  func respond(to challenge: AuthenticationMessage) throws -> AuthenticationMessage {
    switch exchange(&stage, with: .done) {
    case .asked: return AuthenticationMessage(try prove(text(challenge)))
    case .proved(let signature):
      // Some brokers put the signature into one more AUTH, and send CONNACK without data.
      try verify(text(challenge), signature)
      stage = .verified
      return AuthenticationMessage()
    case .initial, .verified, .done: throw ScramError.unexpectedMessage
    }
  }

  func finish(_ last: AuthenticationMessage) throws {
    switch exchange(&stage, with: .done) {
    case .proved(let signature): try verify(text(last), signature)
    case .verified: break
    case .initial, .asked, .done: throw ScramError.serverNotProved
    }
  }

  private var firstBare: String { "n=\(Self.escaped(username)),r=\(nonce)" }

  private func text(_ message: AuthenticationMessage) throws -> String {
    guard let text = String(validating: message.data ?? [], as: UTF8.self) else {
      throw ScramError.unexpectedMessage
    }
    return text
  }

  /// Answers server-first by client-final.
  private func prove(_ serverFirst: String) throws -> Bytes {
    let fields = try ScramFields(serverFirst, names: ["r", "s", "i"])
    let combined = fields[0]
    guard combined.hasPrefix(nonce), combined.utf8.count > nonce.utf8.count else {
      throw ScramError.nonceMismatch
    }
    guard let salt = Base64.decoded(fields[1]), !salt.isEmpty, fields[2].first != "+",
      let count = Int(fields[2]), count > 0
    else { throw ScramError.unexpectedMessage }
    guard iterations.contains(count) else { throw ScramError.iterationsOutOfRange(count) }
    let withoutProof = "c=biws,r=\(combined)"
    let signed = Array("\(firstBare),\(serverFirst),\(withoutProof)".utf8)
    let proof: [UInt8]
    do throws(CryptographyError) {
      let salted = try Cryptography.pbkdf2SHA256(
        password: password.utf8, salt: salt, iterations: count)
      let clientKey = try Cryptography.hmacSHA256(key: salted, data: "Client Key".utf8)
      let storedKey = try Cryptography.sha256(clientKey)
      let clientSignature = try Cryptography.hmacSHA256(key: storedKey, data: signed)
      let serverKey = try Cryptography.hmacSHA256(key: salted, data: "Server Key".utf8)
      stage = .proved(serverSignature: try Cryptography.hmacSHA256(key: serverKey, data: signed))
      proof = zip(clientKey, clientSignature).map { $0 ^ $1 }
    } catch {
      throw ScramError.cryptography(error.description)
    }
    return Bytes("\(withoutProof),p=\(Base64.encoded(proof))".utf8)
  }

  private func verify(_ serverFinal: String, _ signature: [UInt8]) throws {
    if serverFinal.hasPrefix("e=") {
      let word = serverFinal.dropFirst(2).prefix { $0 != "," }.prefix(64)
      throw ScramError.refused(String(word))
    }
    guard serverFinal.hasPrefix("v="),
      let given = Base64.decoded(serverFinal.dropFirst(2).prefix { $0 != "," }),
      Cryptography.isEqual(given, signature)
    else { throw ScramError.serverNotProved }
  }

  private static func makeNonce() throws -> String {
    do throws(CryptographyError) {
      return Base64.encoded(try Cryptography.randomBytes(24))
    } catch {
      throw ScramError.cryptography(error.description)
    }
  }

  private static func isAllowed(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
  }

  /// A name may hold what separates fields. [RFC 5802, section 5.1]
  private static func escaped(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      switch scalar {
      case ",": text += "=2C"
      case "=": text += "=3D"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

/// The fields of a SCRAM message, which must come in their order; more may follow.
private struct ScramFields {
  private let values: [Substring]

  init(_ text: String, names: [Character]) throws {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    if parts.first?.hasPrefix("m=") == true { throw ScramError.extensionRequired }
    if parts.first?.hasPrefix("e=") == true {
      throw ScramError.refused(String(parts[0].dropFirst(2).prefix(64)))
    }
    guard parts.count >= names.count else { throw ScramError.unexpectedMessage }
    values = try zip(parts, names).map { part, name in
      guard part.hasPrefix("\(name)=") else { throw ScramError.unexpectedMessage }
      return part.dropFirst(2)
    }
  }

  subscript(index: Int) -> Substring { values[index] }
}
