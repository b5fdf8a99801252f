/// Where keys come from.
package enum KeySource: Equatable, Sendable {
  /// The text of a PEM file; without an algorithm it is what the key is made for, RS256 for RSA.
  case pem(String, id: String?, algorithm: JWSAlgorithm?)
  case secret([UInt8], id: String?, algorithm: JWSAlgorithm)
  /// A JWK or a set of them from a file.
  case document([UInt8])
  /// A set that came over the network, where no secret may be.
  case fetched([UInt8])

  /// Why the keys cannot be used.
  package enum Invalid: Error, Equatable, Sendable {
    case key(VerificationKey.Invalid)
    case document(KeySetDocument.Invalid)
  }

  package func keys() async throws(Invalid) -> [VerificationKey] {
    switch self {
    case .pem(let text, let id, let algorithm):
      do { return [try await .pem(text, id: id, algorithm: algorithm)] } catch { throw .key(error) }
    case .secret(let bytes, let id, let algorithm):
      do { return [try await .secret(bytes, id: id, algorithm: algorithm)] } catch {
        throw .key(error)
      }
    case .document(let bytes): return try await Self.keys(of: bytes, acceptsSecrets: true)
    case .fetched(let bytes): return try await Self.keys(of: bytes, acceptsSecrets: false)
    }
  }

  private static func keys(
    of bytes: [UInt8], acceptsSecrets: Bool
  ) async throws(Invalid) -> [VerificationKey] {
    do {
      return try await KeySetDocument(bytes).keys(acceptsSecrets: acceptsSecrets)
    } catch { throw .document(error) }
  }
}

extension KeyRing {
  /// Loads every source; a key that cannot be used is an error and not left out.
  package static func load(_ sources: [KeySource]) async throws(KeySource.Invalid) -> KeyRing {
    var keys: [VerificationKey] = []
    for source in sources { keys += try await source.keys() }
    return KeyRing(keys)
  }

  /// One round of `KeyRefresh`: fetches the set and reads it.
  ///
  /// `permanent` are the keys that do not come from the set; `fetch` gives the document and for how long
  /// it counts.
  package static func refreshed(
    permanent: [VerificationKey],
    fetch: () async throws -> (document: [UInt8], age: Duration?)
  ) async throws -> (ring: KeyRing, age: Duration?) {
    let (document, age) = try await fetch()
    let keys = try await KeySource.fetched(document).keys()
    return (KeyRing(permanent + keys), age)
  }
}
