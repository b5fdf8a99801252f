import JSONText
import JWTKit

/// A JWK, or a set of them. [RFC 7517]
///
/// Keys of kinds that are not known, or for another use, are left out, as the RFC wants it. Private numbers
/// are not read.
package struct KeySetDocument {
  package static let bytesMaximum = 1 << 20
  package static let keysMaximum = 64

  /// Why a document gives no keys.
  package enum Invalid: Error, Equatable, Sendable {
    case tooLong
    case notJSON(String)
    /// Where, and why.
    case member(String, String)
    /// Not one key that could check a token.
    case noKeys
  }

  private struct Entry {
    var id: String?
    var type = ""
    var algorithm: JWSAlgorithm?
    var isForSignatures = true
    var texts: [String: String] = [:]
  }

  private let entries: [(entry: Entry, pointer: String)]

  package init(_ bytes: [UInt8]) throws(Invalid) {
    guard bytes.count <= Self.bytesMaximum else { throw .tooLong }
    let root: ClaimNode
    do { root = ClaimNode(try JSONScanner.scan(bytes)) } catch {
      throw .notJSON(error.reason.rawValue)
    }
    do throws(ClaimError) {
      guard let keys = try root.members().first(where: { $0.name == "keys" }) else {
        entries = [(try Self.entry(root), "")]
        return
      }
      var entries: [(entry: Entry, pointer: String)] = []
      for node in try keys.node.elements(atMost: Self.keysMaximum) {
        entries.append((try Self.entry(node), node.pointer))
      }
      self.entries = entries
    } catch { throw .member(error.pointer, error.reason) }
  }

  private static func entry(_ node: ClaimNode) throws(ClaimError) -> Entry {
    var entry = Entry()
    for (name, node) in try node.members() {
      switch name {
      case "kty": entry.type = try node.string()
      case "kid": entry.id = try node.string()
      case "use": if try node.string() != "sig" { entry.isForSignatures = false }
      case "key_ops":
        let uses = try node.strings(atMost: 16).map(\.text)
        if !uses.contains("verify") { entry.isForSignatures = false }
      case "alg":
        entry.algorithm = JWSAlgorithm(rawValue: try node.string())
        if entry.algorithm == nil { entry.isForSignatures = false }
      case "n", "e", "x", "y", "crv", "k": entry.texts[name] = try node.string()
      default: break
      }
    }
    return entry
  }

  /// The keys of the document.
  ///
  /// Symmetric keys count when it accepts secrets: those that come over the network must not.
  package func keys(acceptsSecrets: Bool) async throws(Invalid) -> [VerificationKey] {
    var keys: [VerificationKey] = []
    for (entry, pointer) in entries where entry.isForSignatures {
      do throws(VerificationKey.Invalid) {
        guard let key = try await Self.key(entry, acceptsSecrets: acceptsSecrets) else { continue }
        keys.append(key)
      } catch { throw .member(pointer, "\(error)") }
    }
    guard !keys.isEmpty else { throw .noKeys }
    return keys
  }

  private static func key(
    _ entry: Entry, acceptsSecrets: Bool
  ) async throws(VerificationKey.Invalid) -> VerificationKey? {
    let text = entry.texts
    switch entry.type {
    case "RSA":
      let algorithm = entry.algorithm ?? .rs256
      guard algorithm.family == .rsa else { throw .wrongFamily(algorithm) }
      let jwk = JWK.rsa(
        JWK.Algorithm(rawValue: algorithm.rawValue), identifier: nil, modulus: text["n"],
        exponent: text["e"])
      return try await .numbers(jwk, id: entry.id, algorithm: algorithm)
    case "EC":
      guard let curve = text["crv"], let own = curves[curve] else { return nil }
      let algorithm = entry.algorithm ?? own
      guard algorithm == own else { throw .wrongFamily(algorithm) }
      let jwk = JWK.ecdsa(
        JWK.Algorithm(rawValue: algorithm.rawValue), identifier: nil, x: text["x"], y: text["y"],
        curve: ECDSACurve(rawValue: curve))
      return try await .numbers(jwk, id: entry.id, algorithm: algorithm)
    case "OKP":
      guard text["crv"] == "Ed25519" else { return nil }
      guard entry.algorithm ?? .edDSA == .edDSA else { throw .wrongFamily(.edDSA) }
      let jwk = JWK.octetKeyPair(.eddsa, identifier: nil, x: text["x"], y: nil, curve: .ed25519)
      return try await .numbers(jwk, id: entry.id, algorithm: .edDSA)
    case "oct":
      guard acceptsSecrets, let algorithm = entry.algorithm else { return nil }
      guard let secret = Base64URL.decoded((text["k"] ?? "").utf8) else {
        throw .unreadable("'k' is not base64url")
      }
      return try await .secret(secret, id: entry.id, algorithm: algorithm)
    default: return nil
    }
  }

  private static let curves: [String: JWSAlgorithm] = [
    "P-256": .es256, "P-384": .es384, "P-521": .es512,
  ]
}
