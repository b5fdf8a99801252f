import COpenSSL

/// Private keys that OpenSSL's providers find by a URI.
@safe struct KeyStore {
  private let library: TLSLibrary

  init(_ library: TLSLibrary) {
    self.library = library
  }

  /// The first private key under the URI; whoever gets it frees it.
  ///
  /// No error quotes the URI, which may hold a PIN.
  func privateKey(_ uri: String, password: String?) throws(TLSFailure) -> OpaquePointer {
    try TLSNames.check(uri, for: .clientKey)
    OpenSSLErrors.clear()
    let question = PasswordQuestion(password)
    guard
      let asking = unsafe UI_UTIL_wrap_read_pem_callback(
        { unsafe PasswordQuestion.answer($0, $1, $3) }, 0)
    else { throw .library }
    defer { unsafe UI_destroy_method(asking) }
    return try unsafe withExtendedLifetime(question) { () throws(TLSFailure) in
      try unsafe firstKey(uri, asking, question)
    }
  }

  private func firstKey(
    _ uri: String, _ asking: OpaquePointer, _ question: PasswordQuestion
  ) throws(TLSFailure) -> OpaquePointer {
    let store = unsafe OSSL_STORE_open_ex(
      uri, library.handle, library.properties, asking,
      Unmanaged.passUnretained(question).toOpaque(), nil, nil, nil)
    guard let store = unsafe store else { throw failure("no provider opens the URI", question) }
    defer { unsafe OSSL_STORE_close(store) }
    unsafe OSSL_STORE_expect(store, OSSL_STORE_INFO_PKEY)
    while unsafe OSSL_STORE_eof(store) == 0 {
      guard let found = unsafe OSSL_STORE_load(store) else { continue }
      defer { unsafe OSSL_STORE_INFO_free(found) }
      if let key = unsafe OSSL_STORE_INFO_get1_PKEY(found) { return unsafe key }
    }
    throw failure("no private key is found by the URI", question)
  }

  private func failure(_ reason: String, _ question: PasswordQuestion) -> TLSFailure {
    OpenSSLErrors.clear()
    let hint = question.wasAsked ? "; is the password right?" : ""
    return .configuration(.clientKey, words: [reason + hint])
  }
}
