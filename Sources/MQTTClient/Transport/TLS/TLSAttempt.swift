import COpenSSL

/// What OpenSSL's callbacks need of one connection, and what they find out about it.
///
/// Every connection points to its attempt, which the transport keeps alive.
@safe final class TLSAttempt {
  let context: TLSContext
  /// The name or address that the certificate must show.
  let name: String
  /// What the checks found wrong, which says more than OpenSSL's queue.
  private(set) var failure: TLSFailure?
  /// Whether a stapled response has shown that the certificate is not revoked.
  var hasGoodStaple = false
  private var offered: [UInt8]?

  init(_ context: TLSContext, name: String) {
    self.context = context
    self.name = name
  }

  var sessionKey: TLSSessions.Key {
    TLSSessions.Key(host: name, options: context.options, fingerprint: context.fingerprint)
  }

  /// The attempt of a connection.
  static func of(_ ssl: OpaquePointer?) -> TLSAttempt? {
    guard let ssl = unsafe ssl, let data = unsafe SSL_get_ex_data(ssl, 0) else { return nil }
    return unsafe Unmanaged<TLSAttempt>.fromOpaque(data).takeUnretainedValue()
  }

  /// The first failure counts; later ones follow from it.
  func fail(_ failure: TLSFailure) {
    if self.failure == nil { self.failure = failure }
  }

  func shareKey(
    _ identity: UnsafeMutablePointer<CChar>?, _ identitySize: UInt32,
    _ key: UnsafeMutablePointer<UInt8>?, _ keySize: UInt32
  ) -> UInt32 {
    guard let shared = context.options.preSharedKey, let identity = unsafe identity,
      let key = unsafe key, shared.identity.utf8.count < Int(identitySize),
      shared.key.count <= Int(keySize)
    else { return 0 }
    for (index, byte) in (Array(shared.identity.utf8) + [0]).enumerated() {
      unsafe identity[index] = CChar(bitPattern: byte)
    }
    for (index, byte) in shared.key.enumerated() { unsafe key[index] = byte }
    return UInt32(shared.key.count)
  }

  /// Keeps what the broker offers for a later connection.
  func keep(_ session: OpaquePointer?) {
    guard let session = unsafe session, let sessions = context.sessions else { return }
    let count = unsafe i2d_SSL_SESSION(session, nil)
    guard count > 0 else { return }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      var next = buffer.baseAddress
      return unsafe i2d_SSL_SESSION(session, &next)
    }
    if written == count { sessions.keep(bytes, for: sessionKey) }
  }

  /// Offers the broker the session of an earlier connection, unless its certificate has expired.
  func resume(_ ssl: OpaquePointer) {
    guard let bytes = context.sessions?.take(for: sessionKey) else { return }
    OpenSSLErrors.clear()
    let session = unsafe bytes.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return unsafe d2i_SSL_SESSION(nil, &next, buffer.count)
    }
    guard let session = unsafe session else { return }
    defer { unsafe SSL_SESSION_free(session) }
    if let peer = unsafe SSL_SESSION_get0_peer(session),
      unsafe X509Certificate(sharing: peer).hasExpired
    {
      return
    }
    guard unsafe SSL_set_session(ssl, session) == 1 else { return }
    // Only TLS 1.3 gives a ticket again with every connection.
    if unsafe SSL_SESSION_get_protocol_version(session) < TLS1_3_VERSION { offered = bytes }
  }

  /// Judges a finished handshake as a whole, whatever way it took; keeps what was resumed.
  func finished(isResumed: Bool, showsCertificate: Bool, knowsKey: Bool) throws(TLSFailure) {
    let options = context.options
    guard showsCertificate || knowsKey || !options.verifiesChain else {
      throw .handshakeFailed(words: ["the broker shows no certificate"])
    }
    guard !options.requiresOCSPStapling || hasGoodStaple || !showsCertificate else {
      throw .stapledResponseMissing
    }
    if isResumed, let offered { context.sessions?.keep(offered, for: sessionKey) }
  }

  func log(_ line: UnsafePointer<CChar>?) {
    guard let line = unsafe line else { return }
    unsafe context.keyLog?.append(String(cString: line))
  }
}
