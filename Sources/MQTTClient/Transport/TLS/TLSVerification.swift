import COpenSSL

/// The check of the certificates that the broker shows, during the handshake.
extension TLSAttempt {
  /// Checks the chain, the name and the pins; 1 when all is well.
  func verify(_ store: OpaquePointer?) -> Int32 {
    guard let store = unsafe store else { return 0 }
    unsafe X509_STORE_CTX_set_verify_cb(store) { isGood, store in
      unsafe isGood == 1 ? 1 : TLSAttempt.of(verification: store)?.judge(store) ?? 0
    }
    guard unsafe X509_verify_cert(store) == 1 else { return 0 }
    guard unsafe showsPin(store) else {
      fail(.pinMismatch)
      unsafe X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
      return 0
    }
    return 1
  }

  /// Whether an error that OpenSSL has found is one that the options overlook.
  private func judge(_ store: OpaquePointer?) -> Int32 {
    guard let store = unsafe store else { return 0 }
    let code = unsafe X509_STORE_CTX_get_error(store)
    let certificate = unsafe X509_STORE_CTX_get_current_cert(store)
      .map { unsafe X509Certificate(sharing: $0) }
    let isName = code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH
    guard isName ? context.options.verifiesHostName : context.options.verifiesChain else {
      unsafe X509_STORE_CTX_set_error(store, X509_V_OK)
      return 1
    }
    let problem = TLSFailure.CertificateProblem(
      code: code, words: unsafe String(cString: X509_verify_cert_error_string(Int(code))),
      depth: Int(unsafe X509_STORE_CTX_get_error_depth(store)),
      subject: certificate?.subject ?? "unknown")
    if isName {
      fail(.nameMismatch(expected: name, presented: certificate?.names ?? []))
    } else if code == X509_V_ERR_CERT_REVOKED {
      fail(.revokedCertificate(problem))
    } else {
      fail(.untrustedCertificate(problem))
    }
    return 0
  }

  /// Whether a pinned key is shown, by a certificate for which the chain has been verified.
  private func showsPin(_ store: OpaquePointer) -> Bool {
    let pins = context.options.pins
    guard !pins.isEmpty else { return true }
    var certificates: [X509Certificate] = []
    if context.options.verifiesChain, let chain = unsafe X509_STORE_CTX_get0_chain(store) {
      unsafe certificates = X509Certificate.all(in: chain)
    } else if let leaf = unsafe X509_STORE_CTX_get0_cert(store) {
      unsafe certificates = [X509Certificate(sharing: leaf)]
    }
    return certificates.contains { certificate in
      guard let hash = certificate.publicKeySHA256 else { return false }
      return pins.contains { $0.sha256 == hash }
    }
  }

  /// The attempt for which a chain is verified.
  static func of(verification store: OpaquePointer?) -> TLSAttempt? {
    guard let store = unsafe store,
      let ssl = unsafe X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
    else { return nil }
    return unsafe of(OpaquePointer(ssl))
  }
}
