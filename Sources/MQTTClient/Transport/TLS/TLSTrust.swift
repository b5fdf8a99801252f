import COpenSSL

/// Whom the attempt trusts, and which certificates no longer count.
extension TLSContext {
  func setTrust(_ reader: inout TLSMaterialReader) throws(TLSFailure) {
    guard !options.verifiesChain || !options.trust.isEmpty else {
      throw .configuration(.trust, words: ["no certificate authority is named"])
    }
    for anchors in options.trust {
      OpenSSLErrors.clear()
      switch anchors {
      case .platform:
        try reader.visitPlatformStore()
        guard unsafe SSL_CTX_set_default_verify_paths(handle) == 1 else {
          throw .configuration(.trust, words: OpenSSLErrors.drain())
        }
      case .directory(let path):
        try reader.visit(directory: path, for: .trust)
        guard unsafe SSL_CTX_load_verify_dir(handle, path) == 1 else {
          throw .configuration(.trust, words: ["\(path)"] + OpenSSLErrors.drain())
        }
      case .certificates(let material):
        let bytes = try reader.read(material, for: .trust)
        for certificate in try PEMReader(library, for: .trust).certificates(bytes, in: material) {
          guard unsafe X509_STORE_add_cert(SSL_CTX_get_cert_store(handle), certificate.handle) == 1
          else { throw .configuration(.trust, words: OpenSSLErrors.drain()) }
        }
      }
    }
    // Whoever is named is trusted, even if another one vouches for it. With revocation lists the
    // whole chain is wanted, because each certificate's issuer says what is revoked.
    guard options.revocationLists.isEmpty else { return }
    unsafe X509_STORE_set_flags(
      SSL_CTX_get_cert_store(handle), UInt(X509_V_FLAG_PARTIAL_CHAIN))
  }

  func setRevocationLists(_ reader: inout TLSMaterialReader) throws(TLSFailure) {
    guard !options.revocationLists.isEmpty else { return }
    for material in options.revocationLists {
      let bytes = try reader.read(material, for: .revocationLists)
      let lists = PEMReader(library, for: .revocationLists)
      try unsafe lists.revocationLists(bytes, in: material) { (list) throws(TLSFailure) in
        guard unsafe X509_STORE_add_crl(SSL_CTX_get_cert_store(handle), list) == 1 else {
          throw .configuration(.revocationLists, words: OpenSSLErrors.drain())
        }
      }
    }
    var flags = X509_V_FLAG_CRL_CHECK
    if options.revocationScope == .chain { flags |= X509_V_FLAG_CRL_CHECK_ALL }
    unsafe X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(handle), UInt(flags))
  }
}
