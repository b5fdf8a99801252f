import WebSocketProtocol

@testable import MQTTClient

/// The broker's side of one SCRAM-SHA-256 exchange, for a user whose password it knows.
struct ScramServer {
  let password: String
  var iterations = 4096
  private let salt: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8]
  private var firstBare = ""
  private var serverFirst = ""
  private(set) var user = ""

  init(password: String) { self.password = password }

  /// Answers client-first by server-first.
  mutating func challenge(_ clientFirst: Bytes) -> Bytes {
    let text = String(decoding: clientFirst, as: UTF8.self)
    firstBare = String(text.dropFirst("n,,".count))
    let fields = firstBare.split(separator: ",")
    user = String(fields[0].dropFirst(2))
    let salt = Base64.encoded(salt)
    serverFirst = "r=\(fields[1].dropFirst(2))SERVER,s=\(salt),i=\(iterations)"
    return Bytes(serverFirst.utf8)
  }

  /// Answers client-final by server-final, or nil if the proof is wrong.
  func verify(_ clientFinal: Bytes) throws -> Bytes? {
    let text = String(decoding: clientFinal, as: UTF8.self)
    guard let mark = text.firstRange(of: ",p=") else { return nil }
    let signed = Array("\(firstBare),\(serverFirst),\(text[..<mark.lowerBound])".utf8)
    let salted = try Cryptography.pbkdf2SHA256(
      password: password.utf8, salt: salt, iterations: iterations)
    let storedKey = try Cryptography.sha256(
      Cryptography.hmacSHA256(key: salted, data: "Client Key".utf8))
    let clientSignature = try Cryptography.hmacSHA256(key: storedKey, data: signed)
    guard let proof = Base64.decoded(text[mark.upperBound...]), proof.count == 32 else {
      return nil
    }
    guard try Cryptography.sha256(zip(proof, clientSignature).map { $0 ^ $1 }) == storedKey else {
      return nil
    }
    let serverKey = try Cryptography.hmacSHA256(key: salted, data: "Server Key".utf8)
    let signature = try Cryptography.hmacSHA256(key: serverKey, data: signed)
    return Bytes("v=\(Base64.encoded(signature))".utf8)
  }
}
