import COpenSSL

/// The proof, stapled to the handshake, that the broker's certificate is not revoked. [RFC 6960]
extension TLSAttempt {
  /// How far the broker's clock may be off, in seconds.
  private static let clockSkew = 300

  /// Checks what the broker has stapled; 1 when it proves that the certificate is good.
  func checkStapledResponse(_ ssl: OpaquePointer?) -> Int32 {
    guard let ssl = unsafe ssl else { return 0 }
    // Without a certificate there is nothing to revoke; whether that is enough is checked later.
    guard let leaf = unsafe SSL_get0_peer_certificate(ssl) else { return 1 }
    var start: UnsafePointer<UInt8>?
    let count = unsafe copenssl_stapled_response(ssl, &start)
    guard count > 0, unsafe start != nil else {
      fail(.stapledResponseMissing)
      return 0
    }
    OpenSSLErrors.clear()
    let certificate = unsafe X509Certificate(sharing: leaf)
    do throws(TLSFailure) {
      guard let response = unsafe d2i_OCSP_RESPONSE(nil, &start, count) else {
        throw .invalidStaple
      }
      defer { unsafe OCSP_RESPONSE_free(response) }
      try unsafe check(response, certificate, ssl)
      hasGoodStaple = true
      return 1
    } catch {
      fail(error)
      return 0
    }
  }

  private func check(
    _ response: OpaquePointer, _ leaf: X509Certificate, _ ssl: OpaquePointer
  ) throws(TLSFailure) {
    let status = unsafe OCSP_response_status(response)
    guard status == OCSP_RESPONSE_STATUS_SUCCESSFUL else {
      let words = unsafe String(cString: OCSP_response_status_str(Int(status)))
      throw .stapledResponseInvalid(words: ["the responder says: \(words)"])
    }
    guard let basic = unsafe OCSP_response_get1_basic(response) else { throw .invalidStaple }
    defer { unsafe OCSP_BASICRESP_free(basic) }
    let store = unsafe SSL_CTX_get_cert_store(context.handle)
    guard unsafe OCSP_basic_verify(basic, SSL_get_peer_cert_chain(ssl), store, 0) > 0 else {
      throw .invalidStaple
    }
    let chain = unsafe SSL_get0_verified_chain(ssl).map { unsafe X509Certificate.all(in: $0) } ?? []
    guard let issuer = chain.count > 1 ? chain[1] : chain.first else {
      throw .stapledResponseInvalid(words: ["the certificate's issuer is not known"])
    }
    try unsafe judge(statement(in: basic, on: leaf, by: issuer), leaf)
  }

  /// The statement about the certificate, whichever hash the responder names it by.
  private func statement(
    in basic: OpaquePointer, on leaf: X509Certificate, by issuer: X509Certificate
  ) throws(TLSFailure) -> OpaquePointer {
    for index in 0..<max(0, unsafe OCSP_resp_count(basic)) {
      guard let single = unsafe OCSP_resp_get0(basic, index),
        let identifier = unsafe OCSP_SINGLERESP_get0_id(single)
      else { continue }
      var algorithm: OpaquePointer?
      guard unsafe OCSP_id_get0_info(nil, &algorithm, nil, nil, identifier) == 1,
        let digest = unsafe EVP_get_digestbyname(OBJ_nid2sn(OBJ_obj2nid(algorithm))),
        let expected = unsafe OCSP_cert_to_id(digest, leaf.handle, issuer.handle)
      else { continue }
      defer { unsafe OCSP_CERTID_free(expected) }
      if unsafe OCSP_id_cmp(expected, identifier) == 0 { return unsafe single }
    }
    throw .stapledResponseInvalid(words: ["it is about another certificate"])
  }

  private func judge(_ statement: OpaquePointer, _ leaf: X509Certificate) throws(TLSFailure) {
    var reason: Int32 = 0
    var this: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
    var next: UnsafeMutablePointer<ASN1_GENERALIZEDTIME>?
    let status = unsafe OCSP_single_get0_status(statement, &reason, nil, &this, &next)
    guard unsafe OCSP_check_validity(this, next, Self.clockSkew, -1) == 1 else {
      throw .invalidStaple
    }
    switch status {
    case V_OCSP_CERTSTATUS_GOOD: return
    case V_OCSP_CERTSTATUS_REVOKED:
      throw .revokedCertificate(
        TLSFailure.CertificateProblem(
          code: X509_V_ERR_CERT_REVOKED, words: "the OCSP responder has revoked it", depth: 0,
          subject: leaf.subject))
    default:
      throw .stapledResponseInvalid(words: ["the responder does not know the certificate"])
    }
  }
}

extension TLSFailure {
  fileprivate static var invalidStaple: Self {
    .stapledResponseInvalid(words: OpenSSLErrors.drain())
  }
}
