import COpenSSL

/// What the client proves its own identity with.
extension TLSContext {
  func setClientCertificate(_ reader: inout TLSMaterialReader) throws(TLSFailure) {
    switch options.clientCertificate {
    case nil: return
    case .pem(let certificates, let key, let password):
      let chain = try PEMReader(library, for: .clientCertificate).certificates(
        reader.read(certificates, for: .clientCertificate), in: certificates)
      let key = try unsafe PEMReader(library, for: .clientKey).privateKey(
        reader.read(key, for: .clientKey), in: key, password: password)
      defer { unsafe EVP_PKEY_free(key) }
      try unsafe use(chain, key)
    case .stored(let certificates, let uri, let password):
      let chain = try PEMReader(library, for: .clientCertificate).certificates(
        reader.read(certificates, for: .clientCertificate), in: certificates)
      let key = try unsafe KeyStore(library).privateKey(uri, password: password)
      defer { unsafe EVP_PKEY_free(key) }
      try unsafe use(chain, key)
    case .pkcs12(let material, let password):
      let bytes = try reader.read(material, for: .clientCertificate)
      let (key, chain) = try unsafe identity(bytes, in: material, password)
      defer { unsafe EVP_PKEY_free(key) }
      try unsafe use(chain, key)
    }
  }

  private func use(_ chain: [X509Certificate], _ key: OpaquePointer) throws(TLSFailure) {
    OpenSSLErrors.clear()
    for (index, certificate) in chain.enumerated() {
      let isTaken =
        unsafe index == 0
        ? SSL_CTX_use_certificate(handle, certificate.handle) == 1
        : copenssl_add_chain_certificate(handle, certificate.handle) == 1
      guard isTaken else { throw .configuration(.clientCertificate, words: OpenSSLErrors.drain()) }
    }
    guard unsafe SSL_CTX_use_PrivateKey(handle, key) == 1,
      unsafe SSL_CTX_check_private_key(handle) == 1
    else { throw .configuration(.clientKey, words: OpenSSLErrors.drain()) }
  }

  /// Opens a PKCS#12 container; whoever gets the key frees it.
  private func identity(
    _ bytes: [UInt8], in material: TLSOptions.Material, _ password: String?
  ) throws(TLSFailure) -> (key: OpaquePointer, chain: [X509Certificate]) {
    try TLSNames.check(password ?? "", for: .clientCertificate)
    OpenSSLErrors.clear()
    var container = unsafe PKCS12_init_ex(NID_pkcs7_data, library.handle, library.properties)
    guard unsafe container != nil else { throw .library }
    let isRead = unsafe bytes.withUnsafeBufferPointer { buffer in
      var next = buffer.baseAddress
      return unsafe d2i_PKCS12(&container, &next, buffer.count) != nil
    }
    guard isRead else {
      throw .configuration(
        .clientCertificate, words: ["\(material) is no PKCS#12"] + OpenSSLErrors.drain())
    }
    defer { unsafe PKCS12_free(container) }
    var key: OpaquePointer?
    var leaf: OpaquePointer?
    var others: OpaquePointer?
    guard unsafe PKCS12_parse(container, password, &key, &leaf, &others) == 1 else {
      let reason =
        password == nil
        ? "\(material) is encrypted, and no password is given"
        : "\(material) cannot be decrypted; is the password right?"
      throw .configuration(.clientCertificate, words: [reason] + OpenSSLErrors.drain())
    }
    var chain: [X509Certificate] = []
    if let leaf = unsafe leaf { unsafe chain.append(X509Certificate(owning: leaf)) }
    if let others = unsafe others {
      for index in 0..<(unsafe OPENSSL_sk_num(others)) {
        guard let other = unsafe OPENSSL_sk_value(others, index) else { continue }
        unsafe chain.append(X509Certificate(owning: OpaquePointer(other)))
      }
      unsafe OPENSSL_sk_free(others)
    }
    guard let key = unsafe key, unsafe leaf != nil else {
      unsafe EVP_PKEY_free(key)
      throw .configuration(.clientCertificate, words: ["\(material) holds no certificate with key"])
    }
    return unsafe (key, chain)
  }
}
