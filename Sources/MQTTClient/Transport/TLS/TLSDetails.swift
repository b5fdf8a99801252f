import COpenSSL

/// What the two sides of a TLS connection have agreed on.
public struct TLSDetails: Equatable, Sendable {
  /// The protocol, such as "TLSv1.3".
  public let version: String
  /// The cipher suite, such as "TLS_AES_256_GCM_SHA384".
  public let cipherSuite: String
  /// What the broker chose of the protocols offered by ALPN; nil when it chose none.
  public let applicationProtocol: String?
  /// The SHA-256 hash of the broker's certificate in DER; nil when a pre-shared key took its place.
  public let certificateSHA256: [UInt8]?
  /// Whether the session of an earlier connection, or a pre-shared key, was taken up.
  public let isResumed: Bool
}

extension TLSDetails {
  /// What a finished handshake has agreed on, and whether the broker has proved that it knows the
  /// pre-shared key or the secret of an earlier session.
  static func agreed(on ssl: OpaquePointer) -> (details: TLSDetails, knowsKey: Bool) {
    let certificate = unsafe SSL_get0_peer_certificate(ssl)
      .map { unsafe X509Certificate(sharing: $0) }
    let cipher = unsafe SSL_get_current_cipher(ssl)
    let isResumed = unsafe SSL_session_reused(ssl) == 1
    let knowsKey = unsafe isResumed || SSL_CIPHER_get_auth_nid(cipher) == NID_auth_psk
    let details = unsafe TLSDetails(
      version: String(cString: SSL_get_version(ssl)),
      cipherSuite: String(cString: SSL_CIPHER_get_name(cipher)),
      applicationProtocol: applicationProtocol(of: ssl), certificateSHA256: certificate?.sha256,
      isResumed: isResumed)
    return (details, knowsKey)
  }

  private static func applicationProtocol(of ssl: OpaquePointer) -> String? {
    var start: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    unsafe SSL_get0_alpn_selected(ssl, &start, &count)
    guard count > 0, let start = unsafe start else { return nil }
    return unsafe String(
      decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
  }
}
