extension TLSOptions {
  /// Certificates, keys or lists: a file, which is read anew at every attempt, or the bytes themselves.
  public enum Material: Equatable, Sendable {
    /// The path of a file of at most 16 MiB.
    case file(String)
    case bytes([UInt8])
  }

  /// A source of certificate authorities.
  public enum TrustAnchors: Equatable, Sendable {
    /// What the system trusts, as OpenSSL was built or told by SSL_CERT_FILE and SSL_CERT_DIR.
    case platform
    /// One or more certificates in PEM; a file without any, or with a damaged one, is refused.
    case certificates(Material)
    /// A directory that `openssl rehash` has prepared.
    case directory(String)

    /// A file of one or more certificates in PEM.
    public static func file(_ path: String) -> Self { .certificates(.file(path)) }

    /// One or more certificates in PEM.
    public static func pem(_ bytes: [UInt8]) -> Self { .certificates(.bytes(bytes)) }
  }

  /// What the client proves its identity with.
  public enum ClientCertificate: Equatable, Sendable {
    /// The client's certificate, followed by those that lead to an authority, and its private key,
    /// which may be encrypted, all in PEM.
    case pem(certificates: Material, key: Material, keyPassword: String? = nil)
    /// One container with certificates and key.
    case pkcs12(Material, password: String? = nil)
    /// Certificates in PEM, and a private key that a provider of OpenSSL finds by its URI, such as
    /// `pkcs11:object=client` in a hardware token; the key itself need never leave it.
    ///
    /// `provider` must name the one that knows such URIs. Asking it blocks as long as it takes.
    case stored(certificates: Material, keyURI: String, password: String? = nil)
  }

  /// A key that client and broker share beforehand. [RFC 4279] [RFC 8446, section 4.2.11]
  public struct PreSharedKey: Equatable, Sendable {
    /// Tells the broker which key is meant; 1 to 255 bytes of UTF-8 without U+0000.
    public var identity: String
    /// The key; 1 to 512 bytes.
    public var key: [UInt8]

    /// Makes a pre-shared key of its name at the broker and its bytes.
    public init(identity: String, key: [UInt8]) {
      self.identity = identity
      self.key = key
    }
  }
}
