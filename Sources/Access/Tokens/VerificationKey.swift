import FoundationEssentials
import JWTKit

/// A key that signatures are checked with, for one algorithm only.
///
/// The algorithm belongs to the key and is never taken from the token, so a public key cannot be used as
/// the secret of an HMAC.
package struct VerificationKey: Sendable {
  /// The name that tokens call it by; a key without one is tried for every name.
  package let id: String?
  package let algorithm: JWSAlgorithm
  private let verifier: any JWTAlgorithm

  private init(id: String?, algorithm: JWSAlgorithm, verifier: any JWTAlgorithm) {
    self.id = id
    self.algorithm = algorithm
    self.verifier = verifier
  }

  /// Whether the signature is the key's.
  ///
  /// It computes for some microseconds and waits for nothing.
  func hasSigned(_ bytes: [UInt8], signature: [UInt8]) -> Bool {
    // A signature of the wrong length or form is an error to JWTKit.
    (try? verifier.verify(signature, signs: bytes)) ?? false
  }

  /// Why a key cannot be used.
  package enum Invalid: Error, Equatable, Sendable {
    case secretTooShort(bytesMinimum: Int)
    /// The text of a public key where a secret belongs.
    case publicKeyAsSecret
    case unreadable(String)
    case wrongFamily(JWSAlgorithm)
  }

  private static let name = JWKIdentifier(string: "key")

  /// JWTKit makes its verifiers inside an actor; afterwards they need none.
  private init(
    id: String?, _ algorithm: JWSAlgorithm, in collection: JWTKeyCollection
  ) async throws(Invalid) {
    do {
      let verifier = try await collection.getKey(for: Self.name, alg: algorithm.rawValue)
      guard verifier.name == algorithm.rawValue else { throw Invalid.wrongFamily(algorithm) }
      self.init(id: id, algorithm: algorithm, verifier: verifier)
    } catch let error as Invalid { throw error } catch { throw .unreadable("\(error)") }
  }

  /// A secret for HS256, HS384 or HS512.
  package static func secret(
    _ bytes: [UInt8], id: String?, algorithm: JWSAlgorithm
  ) async throws(Invalid) -> Self {
    guard bytes.count >= algorithm.secretBytesMinimum else {
      throw .secretTooShort(bytesMinimum: algorithm.secretBytesMinimum)
    }
    // Whoever knows the public key could sign with it.
    guard !PEMText.isPublicKey(bytes) else { throw .publicKeyAsSecret }
    let digest: DigestAlgorithm
    switch algorithm {
    case .hs256: digest = .sha256
    case .hs384: digest = .sha384
    case .hs512: digest = .sha512
    default: throw .wrongFamily(algorithm)
    }
    let collection = JWTKeyCollection()
    await collection.add(hmac: HMACKey(from: bytes), digestAlgorithm: digest, kid: name)
    return try await Self(id: id, algorithm, in: collection)
  }

  /// A public key or a certificate as PEM; of a private key the public part would do, and is refused
  /// so that nobody leaves one here.
  package static func pem(
    _ text: String, id: String?, algorithm: JWSAlgorithm?
  ) async throws(Invalid) -> Self {
    let key = try PEMText(text)
    let collection = JWTKeyCollection()
    var last = Invalid.unreadable("no kind of public key that is known")
    for candidate in algorithm.map({ [$0] }) ?? [.rs256, .es256, .es384, .es512, .edDSA] {
      do throws(Invalid) {
        try await key.add(to: collection, as: candidate, named: name)
        return try await Self(id: id, candidate, in: collection)
      } catch { last = error }
    }
    throw algorithm.map { .wrongFamily($0) } ?? last
  }

  /// The public numbers of a key in a JWK.
  static func numbers(
    _ jwk: JWK, id: String?, algorithm: JWSAlgorithm
  ) async throws(Invalid) -> Self {
    var jwk = jwk
    jwk.keyIdentifier = name
    let collection = JWTKeyCollection()
    do { try await collection.add(jwk: jwk) } catch { throw .unreadable("\(error)") }
    return try await Self(id: id, algorithm, in: collection)
  }
}
