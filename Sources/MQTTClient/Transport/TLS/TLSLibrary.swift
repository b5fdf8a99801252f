import COpenSSL

/// The OpenSSL library context of one attempt: its providers, and which of them are chosen from.
@safe final class TLSLibrary {
  /// Null for the context that the whole process shares.
  let handle: OpaquePointer?
  /// What every algorithm must offer, such as "fips=yes".
  let properties: String?
  private var providers: [OpaquePointer] = unsafe []

  /// Loads the providers; it may read files.
  init(_ provider: TLSOptions.Provider) throws(TLSFailure) {
    let names: [String]
    let configuration: String?
    switch provider {
    case .system:
      unsafe handle = nil
      properties = nil
      return
    case .fips(let file):
      // The base provider reads keys and certificates; it computes nothing.
      names = ["fips", "base"]
      properties = "fips=yes"
      configuration = file ?? Self.systemConfigurationFile
    case .named(let given, let query, let file):
      names = given
      properties = query
      configuration = file
    }
    OpenSSLErrors.clear()
    guard let made = unsafe OSSL_LIB_CTX_new() else { throw .library }
    unsafe handle = made
    try configure(configuration)
    guard !names.isEmpty else { throw .configuration(.provider, words: ["no provider is named"]) }
    for name in names { try load(name) }
  }

  deinit {
    unsafe providers.forEach { unsafe OSSL_PROVIDER_unload($0) }
    // Does nothing for the shared context.
    unsafe OSSL_LIB_CTX_free(handle)
  }

  private func configure(_ file: String?) throws(TLSFailure) {
    if let file {
      try TLSNames.check(file, for: .provider)
      guard unsafe OSSL_LIB_CTX_load_config(handle, file) == 1 else {
        throw .configuration(.provider, words: ["\(file) is not usable"] + OpenSSLErrors.drain())
      }
    }
    guard let properties else { return }
    try TLSNames.check(properties, for: .provider)
    guard unsafe EVP_set_default_properties(handle, properties) == 1 else {
      throw .configuration(
        .provider, words: ["the property query \(properties)"] + OpenSSLErrors.drain())
    }
  }

  private func load(_ name: String) throws(TLSFailure) {
    try TLSNames.check(name, for: .provider)
    guard let provider = unsafe OSSL_PROVIDER_load(handle, name) else {
      throw .configuration(
        .provider, words: ["the provider \(name) does not load"] + OpenSSLErrors.drain())
    }
    unsafe providers.append(provider)
  }

  private static var systemConfigurationFile: String? {
    guard let path = unsafe CONF_get1_default_config_file() else { return nil }
    defer { unsafe CRYPTO_free(path, nil, 0) }
    return unsafe String(cString: path)
  }
}

extension TLSFailure {
  /// OpenSSL could not allocate or set up something that does not depend on any option.
  static var library: Self { .configuration(.library, words: OpenSSLErrors.drain()) }
}
