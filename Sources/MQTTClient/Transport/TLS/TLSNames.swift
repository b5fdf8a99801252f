import COpenSSL

/// Names as OpenSSL wants them: whole, and an address told from a host name.
enum TLSNames {
  /// Refuses text that C would cut short.
  static func check(_ text: String, for item: TLSFailure.Item) throws(TLSFailure) {
    guard !text.utf8.contains(0) else {
      throw .configuration(item, words: ["it contains a NUL character"])
    }
  }

  /// Whether a certificate would show this as an IP address instead of a host name.
  static func isAddress(_ name: String) -> Bool {
    guard let address = unsafe a2i_IPADDRESS(name) else { return false }
    unsafe ASN1_OCTET_STRING_free(address)
    return true
  }

  /// The host of a URL as a certificate spells it: without an interface and a final dot.
  static func certificateName(_ host: String) -> String {
    var name = Substring(host)
    if name.contains(":"), let percent = name.firstIndex(of: "%") { name = name[..<percent] }
    if name.hasSuffix("."), name.utf8.count > 1 { name = name.dropLast() }
    return String(name)
  }

  /// A protocol list as it goes over the wire. [RFC 7301, section 3.1]
  static func encoded(protocols: [String]) throws(TLSFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    for name in protocols {
      guard let count = UInt8(exactly: name.utf8.count), count > 0 else {
        throw .configuration(
          .applicationProtocols,
          words: ["a protocol name has 1 to 255 bytes, not \(name.utf8.count)"])
      }
      bytes.append(count)
      bytes += name.utf8
    }
    guard bytes.count <= UInt16.max else {
      throw .configuration(.applicationProtocols, words: ["there are too many"])
    }
    return bytes
  }

  /// Tells OpenSSL whom the connection is for, and what it asks the broker for.
  static func apply(
    _ name: String, _ context: TLSContext, to ssl: OpaquePointer
  ) throws(TLSFailure) {
    let options = context.options
    try check(name, for: .serverName)
    let isAddress = isAddress(name)
    OpenSSLErrors.clear()
    if options.verifiesHostName {
      // An empty name would switch the check off.
      guard !name.isEmpty else {
        throw .configuration(.serverName, words: ["there is no name to verify"])
      }
      unsafe SSL_set_hostflags(ssl, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
      let isSet =
        unsafe isAddress
        ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) : SSL_set1_host(ssl, name)
      guard isSet == 1 else { throw .configuration(.serverName, words: OpenSSLErrors.drain()) }
    }
    let indicated: String? =
      switch options.serverNameIndication {
      case .verifiedName: isAddress || name.isEmpty ? nil : name
      case .name(let other): other
      case .omitted: nil
      }
    if let indicated {
      try check(indicated, for: .serverNameIndication)
      guard unsafe !indicated.isEmpty && copenssl_set_server_name(ssl, indicated) == 1 else {
        throw .configuration(.serverNameIndication, words: ["a host name has 1 to 255 bytes"])
      }
    }
    if options.requiresOCSPStapling {
      guard unsafe copenssl_request_status(ssl) == 1 else { throw .library }
    }
    let protocols = context.applicationProtocols
    guard
      unsafe protocols.isEmpty || SSL_set_alpn_protos(ssl, protocols, UInt32(protocols.count)) == 0
    else { throw .configuration(.applicationProtocols, words: OpenSSLErrors.drain()) }
  }
}
