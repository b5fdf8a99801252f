extension TLSOptions {
  /// A version of the protocol; older ones are no longer secure. [RFC 8996]
  public enum Version: Comparable, Sendable {
    case v1_2
    case v1_3
  }

  /// What the client says before the handshake about whom it wants to reach. [RFC 6066, section 3]
  public enum ServerNameIndication: Equatable, Sendable {
    /// The name that the certificate must show; nothing when that is an address.
    case verifiedName
    case name(String)
    case omitted
  }

  /// Which certificates are looked up in the revocation lists.
  public enum RevocationScope: Equatable, Sendable {
    /// The broker's own, by a list of its issuer.
    case leaf
    /// All of the chain, each by a list of its issuer.
    case chain
  }

  /// Where OpenSSL gets its algorithms from.
  public enum Provider: Equatable, Sendable {
    /// What the process and the system's configuration of OpenSSL have loaded.
    case system
    /// The validated module only; without one the attempt fails.
    ///
    /// The configuration file has the section that `openssl fipsinstall` writes; nil stands for the
    /// system's configuration of OpenSSL.
    case fips(configurationFile: String? = nil)
    /// These providers in a library context of their own, chosen from by a property query.
    case named([String], properties: String? = nil, configurationFile: String? = nil)
  }
}
