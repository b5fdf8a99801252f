import COpenSSL

/// What one attempt needs of its TLS options, loaded and checked.
///
/// It is made anew for every attempt. Making it reads files, and so blocks as long as the file
/// system does; whatever cannot be loaded fails the attempt. It belongs to one thread.
@safe final class TLSContext {
  let options: TLSOptions
  let library: TLSLibrary
  let handle: OpaquePointer
  let sessions: TLSSessions?
  let applicationProtocols: [UInt8]
  private(set) var keyLog: TLSKeyLog?
  /// Tells whether files have changed since an earlier attempt.
  private(set) var fingerprint: [UInt8] = []

  /// Loads everything that the options name; `sessions` outlives the attempt.
  init(_ options: TLSOptions, sessions: TLSSessions? = nil) throws(TLSFailure) {
    self.options = options
    // A resumed session shows no stapled response.
    let mayResume = options.resumesSessions && !options.requiresOCSPStapling
    self.sessions = mayResume ? sessions : nil
    applicationProtocols = try TLSNames.encoded(protocols: options.applicationProtocols)
    library = try TLSLibrary(options.provider)
    OpenSSLErrors.clear()
    guard let made = unsafe SSL_CTX_new_ex(library.handle, library.properties, TLS_client_method())
    else { throw .configuration(.provider, words: OpenSSLErrors.drain()) }
    unsafe handle = made
    unsafe copenssl_harden(handle)
    try setProtocol()
    var reader = TLSMaterialReader()
    try setTrust(&reader)
    try setRevocationLists(&reader)
    try setClientCertificate(&reader)
    fingerprint = reader.fingerprint
    try checkPreSharedKey()
    if let path = options.keyLogFile { keyLog = try TLSKeyLog(path) }
    setCallbacks()
  }

  deinit { unsafe SSL_CTX_free(handle) }

  private func setProtocol() throws(TLSFailure) {
    let (minimum, maximum) = (options.minimumVersion, options.maximumVersion)
    guard minimum <= maximum,
      unsafe copenssl_set_versions(handle, minimum.number, maximum.number) == 1
    else {
      throw .configuration(.versions, words: ["no version lies from \(minimum) to \(maximum)"])
    }
    if let level = options.securityLevel {
      guard 0...5 ~= level else {
        throw .configuration(.securityLevel, words: ["\(level) is not between 0 and 5"])
      }
      unsafe SSL_CTX_set_security_level(handle, Int32(level))
    }
    OpenSSLErrors.clear()
    if let list = options.cipherList {
      try TLSNames.check(list, for: .cipherList)
      guard unsafe SSL_CTX_set_cipher_list(handle, list) == 1 else {
        throw .configuration(.cipherList, words: OpenSSLErrors.drain())
      }
    }
    if let suites = options.cipherSuites {
      try TLSNames.check(suites, for: .cipherSuites)
      guard !suites.isEmpty else {
        throw .configuration(.cipherSuites, words: ["the list is empty"])
      }
      guard unsafe SSL_CTX_set_ciphersuites(handle, suites) == 1 else {
        throw .configuration(.cipherSuites, words: OpenSSLErrors.drain())
      }
    }
  }

  private func checkPreSharedKey() throws(TLSFailure) {
    guard let shared = options.preSharedKey else { return }
    try TLSNames.check(shared.identity, for: .preSharedKey)
    guard 1...255 ~= shared.identity.utf8.count else {
      throw .configuration(.preSharedKey, words: ["an identity has 1 to 255 bytes"])
    }
    guard 1...Int(PSK_MAX_PSK_LEN) ~= shared.key.count else {
      throw .configuration(.preSharedKey, words: ["a key has 1 to \(PSK_MAX_PSK_LEN) bytes"])
    }
  }

  private func setCallbacks() {
    unsafe SSL_CTX_set_verify(handle, SSL_VERIFY_PEER, nil)
    unsafe SSL_CTX_set_cert_verify_callback(
      handle, { store, _ in unsafe TLSAttempt.of(verification: store)?.verify(store) ?? 0 }, nil)
    if options.preSharedKey != nil {
      unsafe SSL_CTX_set_psk_client_callback(handle) {
        ssl, _, identity, identitySize, key, keySize in
        unsafe TLSAttempt.of(ssl)?.shareKey(identity, identitySize, key, keySize) ?? 0
      }
    }
    if options.requiresOCSPStapling {
      unsafe copenssl_set_status_callback(handle) { ssl, _ in
        unsafe TLSAttempt.of(ssl)?.checkStapledResponse(ssl) ?? 0
      }
    }
    if sessions != nil {
      unsafe copenssl_keep_client_sessions(handle)
      unsafe SSL_CTX_sess_set_new_cb(handle) { ssl, session in
        unsafe TLSAttempt.of(ssl)?.keep(session)
        return 0
      }
    }
    if keyLog != nil {
      unsafe SSL_CTX_set_keylog_callback(handle) { ssl, line in
        unsafe TLSAttempt.of(ssl)?.log(line)
      }
    }
  }
}

extension TLSOptions.Version {
  fileprivate var number: Int32 {
    switch self {
    case .v1_2: TLS1_2_VERSION
    case .v1_3: TLS1_3_VERSION
    }
  }
}
