import JSONText

/// A JSON Web Token taken apart; nothing in it is believed before its signature is checked. [RFC 7515]
struct SignedToken {
  let algorithm: JWSAlgorithm
  let keyID: String?
  /// What the signature is of: the first two parts as they stand.
  let signed: [UInt8]
  let signature: [UInt8]
  let claims: ClaimNode

  static let bytesMaximum = CredentialReader.bytesMaximum
  static let keyIDBytesMaximum = 256

  init(_ text: String) throws(Refusal) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.bytesMaximum else {
      throw Self.invalid("it is longer than \(Self.bytesMaximum) bytes")
    }
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw Self.invalid("it does not have three parts") }
    guard let header = Base64URL.decoded(parts[0]), let payload = Base64URL.decoded(parts[1]),
      let signature = Base64URL.decoded(parts[2])
    else { throw Self.invalid("a part is not base64url") }
    (algorithm, keyID) = try Self.header(Self.object(header, "header"))
    guard !signature.isEmpty else { throw Self.invalid("it has no signature") }
    claims = try Self.object(payload, "payload")
    self.signature = signature
    signed = Array(bytes[..<parts[1].endIndex])
  }

  private static func object(_ bytes: [UInt8], _ name: String) throws(Refusal) -> ClaimNode {
    let node: JSONNode
    do { node = try JSONScanner.scan(bytes) } catch {
      throw invalid("its \(name) is not JSON: \(error.reason.rawValue)")
    }
    guard case .object = node.value else { throw invalid("its \(name) is not a JSON object") }
    return ClaimNode(node)
  }

  /// Keys and addresses of keys in the header (`jwk`, `jku`, `x5u`, `x5c`) are never used.
  private static func header(_ node: ClaimNode) throws(Refusal) -> (JWSAlgorithm, String?) {
    var algorithm: JWSAlgorithm?
    var keyID: String?
    do throws(ClaimError) {
      for (name, node) in try node.members() {
        switch name {
        case "alg": algorithm = try Self.algorithm(node)
        case "kid": keyID = try Self.keyID(node)
        case "typ": try checkType(node)
        case "crit", "b64", "zip": throw node.error("is not supported")
        case "cty": throw node.error("a token in a token is not supported")
        default: break
        }
      }
    } catch { throw invalid("header \(GrantWords.short(error.pointer)): \(error.reason)") }
    guard let algorithm else { throw invalid("its header has no alg") }
    return (algorithm, keyID)
  }

  private static func algorithm(_ node: ClaimNode) throws(ClaimError) -> JWSAlgorithm {
    let name = try node.string()
    guard let algorithm = JWSAlgorithm(rawValue: name) else {
      throw node.error("'\(GrantWords.short(name))' is not accepted")
    }
    return algorithm
  }

  private static func keyID(_ node: ClaimNode) throws(ClaimError) -> String {
    let text = try node.string()
    guard text.utf8.count <= keyIDBytesMaximum else { throw node.error("is too long") }
    return text
  }

  /// A token that was made for something else, such as a logout, is not for us. [RFC 8725, 3.11]
  private static func checkType(_ node: ClaimNode) throws(ClaimError) {
    let type = try node.string()
    guard ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(type.lowercased())
    else { throw node.error("'\(GrantWords.short(type))' is not a token for requests") }
  }

  static func invalid(_ reason: String) -> Refusal {
    Refusal(.tokenInvalid, "the token cannot be used: \(reason)")
  }
}
