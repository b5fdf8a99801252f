import COpenSSL

/// Why a TLS connection could not be made, or could not go on; the case says whose fault it is.
///
/// Nothing in it is secret: subjects of certificates, names of files and OpenSSL's own words.
public enum TLSFailure: Error, Equatable, Sendable {
  /// An option cannot be used as it is; nothing was sent.
  case configuration(Item, words: [String])
  /// The broker's certificate does not lead to a trusted authority, has expired, or the like.
  case untrustedCertificate(CertificateProblem)
  /// A revocation list or the stapled OCSP response says that a certificate no longer counts.
  case revokedCertificate(CertificateProblem)
  /// The broker's certificate is for other names.
  case nameMismatch(expected: String, presented: [String])
  /// The certificate chain shows none of the pinned keys.
  case pinMismatch
  /// The broker stapled no OCSP response, although one is required.
  case stapledResponseMissing
  /// The stapled OCSP response proves nothing: not signed properly, too old, for another certificate.
  case stapledResponseInvalid(words: [String])
  /// The broker ended the connection with an alert, which says why. [RFC 8446, section 6]
  case alertReceived(Alert, words: [String])
  /// The two sides cannot agree, or the broker does not speak TLS.
  case handshakeFailed(words: [String])
  /// The connection ended in the middle of the handshake.
  case closedDuringHandshake
  /// What came after the handshake is not what the protocol allows.
  case protocolViolated(words: [String])

  /// An option, or a part of one.
  public enum Item: String, Equatable, Sendable {
    case trust, clientCertificate, clientKey, preSharedKey, serverName, serverNameIndication
    case applicationProtocols, versions, cipherList, cipherSuites, securityLevel
    case revocationLists, provider, keyLogFile
    /// No option: OpenSSL itself could not be set up.
    case library
  }

  /// What OpenSSL found wrong with one certificate of the broker's chain.
  public struct CertificateProblem: Equatable, Sendable {
    /// OpenSSL's number, X509_V_ERR_….
    public let code: Int32
    /// The same in OpenSSL's words, such as "certificate has expired".
    public let words: String
    /// The place in the chain; 0 is the broker's own certificate.
    public let depth: Int
    /// The certificate's subject, such as "CN=broker.example,O=Example".
    public let subject: String
  }

  /// A reason that the peer gave for ending the connection.
  public struct Alert: Equatable, Sendable {
    /// The number on the wire, such as 48.
    public let number: UInt8
    /// Its meaning, such as "unknown CA".
    public let name: String
  }
}

extension TLSFailure: CustomStringConvertible {
  /// One line for a log or a person, without a secret.
  public var description: String {
    switch self {
    case .configuration(let item, let words):
      "the TLS option \(item.rawValue) cannot be used: \(Self.joined(words))"
    case .untrustedCertificate(let problem): "the broker's certificate is refused: \(problem)"
    case .revokedCertificate(let problem): "the broker's certificate is revoked: \(problem)"
    case .nameMismatch(let expected, let presented):
      "the broker's certificate is not for \(expected), but for "
        + (presented.isEmpty ? "no name at all" : presented.joined(separator: ", "))
    case .pinMismatch: "the broker's certificates show none of the pinned keys"
    case .stapledResponseMissing: "the broker stapled no OCSP response"
    case .stapledResponseInvalid(let words):
      "the broker's stapled OCSP response is not valid: \(Self.joined(words))"
    case .alertReceived(let alert, _):
      "the broker ended the TLS connection: \(alert.name) (alert \(alert.number))"
    case .handshakeFailed(let words): "the TLS handshake failed: \(Self.joined(words))"
    case .closedDuringHandshake: "the broker closed the connection during the TLS handshake"
    case .protocolViolated(let words): "the TLS connection broke: \(Self.joined(words))"
    }
  }

  private static func joined(_ words: [String]) -> String {
    words.isEmpty ? "OpenSSL gives no reason" : words.joined(separator: "; ")
  }
}

extension TLSFailure.CertificateProblem: CustomStringConvertible {
  /// One line for a log or a person, without a secret.
  public var description: String { "\(words) (depth \(depth), subject \(subject))" }
}

extension TLSFailure {
  /// The alert that the peer has sent, if that is what OpenSSL's queue is about.
  static func alert(in entries: [OpenSSLErrors.Entry]) -> Self? {
    let received = entries.first { entry in
      entry.library == ERR_LIB_SSL
        && SSL_AD_REASON_OFFSET..<SSL_AD_REASON_OFFSET + 256 ~= entry.reason
    }
    guard let received else { return nil }
    let number = received.reason - SSL_AD_REASON_OFFSET
    let name = unsafe String(cString: SSL_alert_desc_string_long(number))
    return .alertReceived(
      Alert(number: UInt8(truncatingIfNeeded: number), name: name), words: entries.map(\.words))
  }
}
