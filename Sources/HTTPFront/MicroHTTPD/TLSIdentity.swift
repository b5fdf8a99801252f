import CMicroHTTPD

/// What a listener shows to its clients and wants from them, checked: a server can start with it.
package struct TLSIdentity: Equatable, Sendable {
  /// Whether clients have to show a certificate.
  package enum ClientCertificates: String, CaseIterable, Sendable {
    case none, optional, required
  }

  /// Why an identity cannot be used.
  package enum Fault: Error, Equatable, Sendable {
    case certificate(reason: String)
    case key(reason: String)
    /// The key is not that of the first certificate.
    case pair(reason: String)
    case clientAuthority(reason: String)
    /// Certificates of clients are wanted, and no authority says which are good.
    case noClientAuthority
  }

  let certificate: String
  let key: String
  let clientAuthority: String?
  package let clientCertificates: ClientCertificates

  /// Takes PEM texts: the chain with the server's own certificate first, its key, and the authorities
  /// of clients.
  package init(
    certificate: String, key: String, clientAuthority: String? = nil,
    clientCertificates: ClientCertificates = .none
  ) throws(Fault) {
    guard clientCertificates == .none || clientAuthority != nil else { throw .noClientAuthority }
    self.certificate = certificate
    self.key = key
    self.clientCertificates = clientCertificates
    self.clientAuthority = clientCertificates == .none ? nil : clientAuthority
    let fault = unsafe certificate.withCString { certificate in
      unsafe key.withCString { key in
        guard let clientAuthority else { return unsafe cmhd_tls_check(certificate, key, nil) }
        return unsafe clientAuthority.withCString { unsafe cmhd_tls_check(certificate, key, $0) }
      }
    }
    guard fault.error != 0 else { return }
    let reason = Self.text(of: fault.error)
    switch fault.part {
    case CMHD_CERTIFICATE: throw .certificate(reason: reason)
    case CMHD_KEY: throw .key(reason: reason)
    case CMHD_AUTHORITY: throw .clientAuthority(reason: reason)
    default: throw .pair(reason: reason)
    }
  }

  /// Lends the texts in the form that the library takes.
  @unsafe func withTexts<Result>(_ body: (UnsafePointer<cmhd_tls>) -> Result) -> Result {
    unsafe certificate.withCString { certificate in
      unsafe key.withCString { key in
        guard let clientAuthority else {
          var texts = unsafe cmhd_tls(certificate: certificate, key: key, authority: nil)
          return unsafe body(&texts)
        }
        return unsafe clientAuthority.withCString { authority in
          var texts = unsafe cmhd_tls(certificate: certificate, key: key, authority: authority)
          return unsafe body(&texts)
        }
      }
    }
  }

  private static func text(of error: Int32) -> String {
    guard let text = unsafe gnutls_strerror(error) else { return "error \(error)" }
    return unsafe String(cString: text)
  }
}

extension TLSIdentity: CustomStringConvertible, CustomDebugStringConvertible {
  // The key must not reach a log.
  package var description: String { "TLSIdentity(\(clientCertificates) client certificates)" }
  package var debugDescription: String { description }
}

extension TLSIdentity: CustomReflectable {
  package var customMirror: Mirror { Mirror(self, children: []) }
}
