/// The signatures that are accepted. [RFC 7518, section 3; RFC 8037]
package enum JWSAlgorithm: String, CaseIterable, Sendable {
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case edDSA = "EdDSA"

  /// What a key must be to be used with it.
  package enum Family: Sendable { case secret, rsa, p256, p384, p521, ed25519 }

  package var family: Family {
    switch self {
    case .hs256, .hs384, .hs512: .secret
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa
    case .es256: .p256
    case .es384: .p384
    case .es512: .p521
    case .edDSA: .ed25519
    }
  }

  /// A secret must be as long as the hash. [RFC 7518, section 3.2]
  var secretBytesMinimum: Int {
    switch self {
    case .hs256: 32
    case .hs384: 48
    case .hs512: 64
    default: 0
    }
  }
}
