extension URLOption {
  static let secured = [
    URLOption(
      "tls_ca_file", .tls, "a file of authorities to trust instead of the system's", .text
    ) { $0.tls.trust(.file($1)) },
    URLOption(
      "tls_ca_directory", .tls, "a directory of authorities to trust instead of the system's", .text
    ) { $0.tls.trust(.directory($1)) },
    URLOption(
      "tls_certificate", .tls, "a PEM file with the client's certificate, and perhaps its key",
      .text
    ) { $0.tls.certify(by: .file($1)) },
    URLOption("tls_key", .tls, "a PEM file with the client's key", .text) {
      $0.tls.sign(by: .file($1))
    },
    URLOption(
      "tls_key_uri", .tls, "where a provider of OpenSSL finds the client's key", .text,
      isSecret: true
    ) { $0.tls.sign(byKeyAt: $1) },
    URLOption(
      "tls_pkcs12", .tls, "a PKCS#12 file with the client's certificate and key", .text
    ) { $0.tls.clientCertificate = .pkcs12(.file($1), password: $0.tls.keyPassword) },
    URLOption(
      "tls_key_password", .tls, "the password of the client's key", .text, isSecret: true
    ) { $0.tls.unlock(by: $1) },
    URLOption("tls_psk_identity", .tls, "the identity of a pre-shared key", .text) {
      $0.tls.preSharedKey = .init(identity: $1, key: $0.tls.preSharedKey?.key ?? [])
    },
    URLOption(
      "tls_psk", .tls, "a pre-shared key", .hexadecimal, isSecret: true
    ) { $0.tls.preSharedKey = .init(identity: $0.tls.preSharedKey?.identity ?? "", key: $1) },
    URLOption(
      "tls_server_name", .tls, "the name that the broker's certificate must show", .text,
      \.tls.serverName),
    URLOption(
      "tls_sni", .tls, "the name sent in clear, or off", .text
    ) { $0.tls.serverNameIndication = $1 == "off" ? .omitted : .name($1) },
    URLOption(
      "tls_alpn", .tls, "the protocols offered by ALPN", .list, \.tls.applicationProtocols),
    URLOption("tls_minimum", .tls, "the lowest version", .tlsVersion, \.tls.minimumVersion),
    URLOption("tls_maximum", .tls, "the highest version", .tlsVersion, \.tls.maximumVersion),
    URLOption("tls_ciphers", .tls, "the cipher suites of TLS 1.2", .text, \.tls.cipherList),
    URLOption("tls_cipher_suites", .tls, "the cipher suites of TLS 1.3", .text, \.tls.cipherSuites),
    URLOption(
      "tls_security_level", .tls, "OpenSSL's security level", .number(0...5), \.tls.securityLevel),
    URLOption(
      "tls_verify_chain", .tls, "false accepts any certificate: insecure, for tests only", .flag,
      \.tls.verifiesChain),
    URLOption(
      "tls_verify_host", .tls, "false accepts a certificate of any name: insecure", .flag,
      \.tls.verifiesHostName),
    URLOption(
      "tls_pins", .tls, "SHA-256 hashes of public keys of which the chain must show one",
      URLValue(expected: "hashes in hexadecimal or base64, separated by commas") { text in
        let pins = text.split(separator: ",").map { TLSOptions.Pin(String($0)) }
        return pins.isEmpty || pins.contains(nil) ? nil : pins.compactMap(\.self)
      }, \.tls.pins),
    URLOption("tls_crl_file", .tls, "a file of revocation lists", .text) {
      $0.tls.revocationLists.append(.file($1))
    },
    URLOption(
      "tls_crl_scope", .tls, "which certificates the revocation lists are asked about",
      URLValue(expected: "leaf or chain") { ["leaf": .leaf, "chain": .chain][$0] },
      \.tls.revocationScope),
    URLOption(
      "tls_ocsp", .tls, "whether the broker must staple a proof that it is not revoked", .flag,
      \.tls.requiresOCSPStapling),
    URLOption(
      "tls_resumption", .tls, "whether sessions may be resumed", .flag, \.tls.resumesSessions),
    URLOption(
      "tls_provider", .tls, "where OpenSSL gets its algorithms from",
      URLValue(expected: "system or fips") { ["system": .system, "fips": .fips()][$0] },
      \.tls.provider),
    URLOption(
      "tls_key_log", .tls, "a file for the secrets of every connection: debugging only", .text,
      \.tls.keyLogFile),
  ]
}

extension URLValue where Value == TLSOptions.Version {
  static let tlsVersion = Self(expected: "1.2 or 1.3") { ["1.2": .v1_2, "1.3": .v1_3][$0] }
}

extension URLValue where Value == [UInt8] {
  static let hexadecimal = Self(expected: "bytes in hexadecimal") { text in
    let digits = text.compactMap { $0.isASCII ? $0.hexDigitValue : nil }
    guard !text.isEmpty, digits.count == text.count, digits.count.isMultiple(of: 2) else {
      return nil
    }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

extension TLSOptions {
  /// The first one takes the place of the system's authorities.
  fileprivate mutating func trust(_ anchors: TrustAnchors) {
    trust = trust == [.platform] ? [anchors] : trust + [anchors]
  }

  fileprivate var keyPassword: String? {
    switch clientCertificate {
    case .pem(_, _, let password), .pkcs12(_, let password), .stored(_, _, let password): password
    case nil: nil
    }
  }

  /// The certificates, unless another item has still to name them.
  private var certificates: Material? {
    switch clientCertificate {
    case .pem(let named, _, _), .stored(let named, _, _): named == Self.unnamed ? nil : named
    case .pkcs12, nil: nil
    }
  }

  /// What stands for a part of the client's certificate that another item has still to name.
  private static var unnamed: Material { .bytes([]) }

  fileprivate mutating func certify(by file: Material) {
    switch clientCertificate {
    case .stored(_, let keyURI, let password):
      clientCertificate = .stored(certificates: file, keyURI: keyURI, password: password)
    case .pem(_, let key, let password) where key != Self.unnamed:
      clientCertificate = .pem(certificates: file, key: key, keyPassword: password)
    case .pem, .pkcs12, nil:
      clientCertificate = .pem(certificates: file, key: file, keyPassword: keyPassword)
    }
  }

  fileprivate mutating func sign(by file: Material) {
    clientCertificate = .pem(
      certificates: certificates ?? file, key: file, keyPassword: keyPassword)
  }

  fileprivate mutating func sign(byKeyAt uri: String) {
    clientCertificate = .stored(
      certificates: certificates ?? Self.unnamed, keyURI: uri, password: keyPassword)
  }

  fileprivate mutating func unlock(by password: String) {
    switch clientCertificate {
    case .pem(let certificates, let key, _):
      clientCertificate = .pem(certificates: certificates, key: key, keyPassword: password)
    case .pkcs12(let container, _):
      clientCertificate = .pkcs12(container, password: password)
    case .stored(let certificates, let keyURI, _):
      clientCertificate = .stored(certificates: certificates, keyURI: keyURI, password: password)
    case nil:
      clientCertificate = .pem(
        certificates: Self.unnamed, key: Self.unnamed, keyPassword: password)
    }
  }
}
