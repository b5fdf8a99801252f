/// How a connection is secured, and what the broker must prove before a byte of MQTT is sent.
///
/// The same options serve mqtts, wss and proxies that are reached over TLS. They are only a value:
/// every attempt to connect reads the files anew, so a renewed certificate counts from the next
/// attempt on, and a file that has become unusable fails the attempt. Nothing ever falls back to a
/// weaker check.
///
/// Descriptions, debug output and mirrors leave out keys, passwords and identities.
public struct TLSOptions: Equatable, Sendable {
  /// Whom the client trusts to vouch for the broker; all entries together count.
  ///
  /// It must not be empty while `verifiesChain` is true.
  public var trust: [TrustAnchors]
  /// What the client proves its own identity with, if anything.
  public var clientCertificate: ClientCertificate?
  /// A key that both sides already have, used instead of certificates if the broker agrees.
  ///
  /// A broker that prefers certificates is checked as without a pre-shared key.
  public var preSharedKey: PreSharedKey?

  /// The name or address that the broker's certificate must show; nil for the host of the URL.
  public var serverName: String?
  /// The name that is sent in clear so that a server with many names can choose its certificate.
  public var serverNameIndication: ServerNameIndication
  /// What the client offers by ALPN, in order of preference, such as `mqtt`; each 1 to 255 bytes.
  public var applicationProtocols: [String]

  /// The lowest protocol version that is spoken.
  public var minimumVersion: Version
  /// The highest protocol version that is spoken.
  public var maximumVersion: Version
  /// The cipher suites of TLS 1.2 in OpenSSL's notation; nil for OpenSSL's choice.
  public var cipherList: String?
  /// The cipher suites of TLS 1.3, separated by colons; nil for OpenSSL's choice.
  public var cipherSuites: String?
  /// OpenSSL's security level, 0 to 5; nil for the one that the system sets.
  public var securityLevel: Int?

  /// False accepts any certificate chain: whoever can intercept the connection can read and change
  /// it.
  ///
  /// For tests only. Names and pins are still checked; a pin then has to be the one of the broker's
  /// own certificate, because nothing shows that the others have signed it.
  public var verifiesChain: Bool
  /// False accepts a trusted certificate of any name: whoever has one can intercept the connection.
  public var verifiesHostName: Bool
  /// Keys of which the verified chain must show at least one; empty for no such check.
  public var pins: [Pin]
  /// Certificate revocation lists in PEM; once there is one, a certificate without a current list of
  /// its issuer is refused.
  public var revocationLists: [Material]
  /// Which certificates `revocationLists` are asked about.
  public var revocationScope: RevocationScope
  /// Whether the broker must staple a fresh proof that its certificate is not revoked.
  ///
  /// [RFC 6066, section 8] Sessions are then never resumed, so that each connection shows one.
  public var requiresOCSPStapling: Bool

  /// Whether a later connection may resume the session of an earlier one, which saves its
  /// certificates and a round trip.
  ///
  /// It does so only under equal options and unchanged files.
  public var resumesSessions: Bool
  /// Where OpenSSL gets its algorithms from.
  public var provider: Provider
  /// A file to which the secrets of every connection are appended, for looking into recordings.
  ///
  /// [SSLKEYLOGFILE format] For debugging only: whoever has the file can read the traffic.
  public var keyLogFile: String?

  /// Trusts the system's certificate authorities and checks the broker's chain and name.
  public init() {
    trust = [.platform]
    clientCertificate = nil
    preSharedKey = nil
    serverName = nil
    serverNameIndication = .verifiedName
    applicationProtocols = []
    minimumVersion = .v1_2
    maximumVersion = .v1_3
    cipherList = nil
    cipherSuites = nil
    securityLevel = nil
    verifiesChain = true
    verifiesHostName = true
    pins = []
    revocationLists = []
    revocationScope = .leaf
    requiresOCSPStapling = false
    resumesSessions = true
    provider = .system
    keyLogFile = nil
  }

  /// As without arguments, but trusting these authorities only.
  public init(trust: TrustAnchors...) {
    self.init()
    self.trust = trust
  }
}
