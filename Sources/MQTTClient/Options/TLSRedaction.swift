/// What TLS options show of themselves: file names and switches, but no key, password or identity.
extension TLSOptions: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// One line for a log or a person, without a secret.
  public var description: String {
    var parts = ["trust: [\(trust.map(\.description).joined(separator: ", "))]"]
    if let clientCertificate { parts.append("clientCertificate: \(clientCertificate)") }
    if preSharedKey != nil { parts.append("preSharedKey: hidden") }
    if let serverName { parts.append("serverName: \(serverName)") }
    parts.append("versions: \(minimumVersion) to \(maximumVersion)")
    if !applicationProtocols.isEmpty { parts.append("ALPN: \(applicationProtocols)") }
    if !verifiesChain { parts.append("chain NOT verified") }
    if !verifiesHostName { parts.append("host name NOT verified") }
    if !pins.isEmpty { parts.append("pins: \(pins.count)") }
    if !revocationLists.isEmpty { parts.append("revocationLists: \(revocationLists.count)") }
    if requiresOCSPStapling { parts.append("OCSP stapling required") }
    if provider != .system { parts.append("provider: \(provider)") }
    if keyLogFile != nil { parts.append("keys LOGGED") }
    return "TLSOptions(\(parts.joined(separator: ", ")))"
  }

  /// The same as the description, so that no dump shows more.
  public var debugDescription: String { description }

  /// What a dump shows: the description, and no secret.
  public var customMirror: Mirror { Mirror(self, children: ["options": description]) }
}

extension TLSOptions.Material: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// One line for a log or a person, without a secret.
  public var description: String {
    switch self {
    case .file(let path): path
    case .bytes(let bytes): "\(bytes.count) bytes"
    }
  }

  /// The same as the description, so that no dump shows more.
  public var debugDescription: String { description }

  /// What a dump shows: the description, and no secret.
  public var customMirror: Mirror { Mirror(self, children: ["material": description]) }
}

extension TLSOptions.TrustAnchors: CustomStringConvertible {
  /// One line for a log or a person, without a secret.
  public var description: String {
    switch self {
    case .platform: "platform"
    case .certificates(let material): material.description
    case .directory(let path): path
    }
  }
}

extension TLSOptions.ClientCertificate: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// One line for a log or a person, without a secret.
  public var description: String {
    switch self {
    case .pem(let certificates, let key, let password):
      "\(certificates) with key \(key), key password \(password == nil ? "none" : "hidden")"
    case .pkcs12(let material, let password):
      "PKCS#12 \(material), password \(password == nil ? "none" : "hidden")"
    case .stored(let certificates, let uri, let password):
      // What follows the scheme may hold a PIN.
      "\(certificates) with a key by \(uri.prefix { $0 != ":" }):, password "
        + (password == nil ? "none" : "hidden")
    }
  }

  /// The same as the description, so that no dump shows more.
  public var debugDescription: String { description }

  /// What a dump shows: the description, and no secret.
  public var customMirror: Mirror { Mirror(self, children: ["certificate": description]) }
}

extension TLSOptions.PreSharedKey: CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// One line for a log or a person, without a secret.
  public var description: String { "PreSharedKey(hidden)" }

  /// The same as the description, so that no dump shows more.
  public var debugDescription: String { description }

  /// What a dump shows: the description, and no secret.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension TLSOptions.Version: CustomStringConvertible {
  /// One line for a log or a person, without a secret.
  public var description: String {
    switch self {
    case .v1_2: "TLS 1.2"
    case .v1_3: "TLS 1.3"
    }
  }
}
