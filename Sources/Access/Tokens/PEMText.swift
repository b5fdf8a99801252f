import FoundationEssentials
import JWTKit

/// A public key or certificate in the text form of RFC 7468.
struct PEMText {
  private let text: String
  private let isCertificate: Bool

  init(_ text: String) throws(VerificationKey.Invalid) {
    self.text = text
    isCertificate = text.contains("-----BEGIN CERTIFICATE-----")
    guard !text.contains("PRIVATE KEY-----") else {
      throw .unreadable("it is a private key; only the public one is needed here")
    }
    guard isCertificate || text.contains("PUBLIC KEY-----") else {
      throw .unreadable("it is no PEM text of a public key or certificate")
    }
  }

  /// Whether a text that should be a secret is a key that others know.
  static func isPublicKey(_ bytes: [UInt8]) -> Bool {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.contains("-----BEGIN ") || text.utf8.starts(with: "ssh-".utf8)
  }

  /// Adds the key for the algorithm, if it is one for it.
  func add(
    to collection: JWTKeyCollection, as algorithm: JWSAlgorithm, named name: JWKIdentifier
  ) async throws(VerificationKey.Invalid) {
    do {
      switch algorithm {
      case .hs256, .hs384, .hs512: throw VerificationKey.Invalid.publicKeyAsSecret
      case .rs256: await collection.add(rsa: try rsa(), digestAlgorithm: .sha256, kid: name)
      case .rs384: await collection.add(rsa: try rsa(), digestAlgorithm: .sha384, kid: name)
      case .rs512: await collection.add(rsa: try rsa(), digestAlgorithm: .sha512, kid: name)
      case .ps256: await collection.add(pss: try rsa(), digestAlgorithm: .sha256, kid: name)
      case .ps384: await collection.add(pss: try rsa(), digestAlgorithm: .sha384, kid: name)
      case .ps512: await collection.add(pss: try rsa(), digestAlgorithm: .sha512, kid: name)
      case .es256: await collection.add(ecdsa: try p256(), kid: name)
      case .es384: await collection.add(ecdsa: try p384(), kid: name)
      case .es512: await collection.add(ecdsa: try p521(), kid: name)
      case .edDSA: await collection.add(eddsa: try EdDSA.PublicKey(pem: text), kid: name)
      }
    } catch let error as VerificationKey.Invalid { throw error } catch {
      throw .unreadable("\(error)")
    }
  }

  private func rsa() throws -> Insecure.RSA.PublicKey {
    isCertificate ? try .init(certificatePEM: text) : try .init(pem: text)
  }

  private func p256() throws -> ES256PublicKey {
    isCertificate ? try .init(certificate: text) : try .init(pem: text)
  }

  private func p384() throws -> ES384PublicKey {
    isCertificate ? try .init(certificate: text) : try .init(pem: text)
  }

  private func p521() throws -> ES512PublicKey {
    isCertificate ? try .init(certificate: text) : try .init(pem: text)
  }
}
