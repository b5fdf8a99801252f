import FoundationEssentials
import HTTPFront

/// The files and wishes of the TLS that the public server speaks.
struct TLSConfiguration: Equatable, Sendable {
  /// The server's certificate and those of the authorities between it and the clients' trust.
  var certificate: String?
  var key: String?
  /// The authorities whose clients are let in.
  var clientAuthority: String?
  var clientCertificates = TLSIdentity.ClientCertificates.none

  /// Reads the files; nil without any, and one problem for each thing that is wrong.
  func identity(
    _ problems: inout [ConfigurationProblem], source: (SettingKey) -> SettingSource
  ) -> TLSIdentity? {
    func report(_ key: SettingKey, _ message: String) {
      problems.append(ConfigurationProblem(source(key), message))
    }
    let before = problems.count
    func content(_ path: String?, of key: SettingKey) -> String {
      guard let path else { return "" }
      guard let data = FileManager.default.contents(atPath: path),
        let text = String(data: data, encoding: .utf8)
      else {
        report(key, "the file \"\(path)\" cannot be read as text")
        return ""
      }
      return text
    }
    if certificate != nil, key == nil { report(.tlsCertificate, "needs tls_key beside it") }
    if key != nil, certificate == nil { report(.tlsKey, "needs tls_certificate beside it") }
    if certificate == nil, clientAuthority != nil || clientCertificates != .none {
      let key = clientAuthority == nil ? SettingKey.tlsClientCertificates : .tlsClientCA
      report(key, "needs tls_certificate and tls_key beside it")
    } else if clientAuthority != nil, clientCertificates == .none {
      report(.tlsClientCA, "no client is asked for a certificate; set tls_client_certificates")
    } else if clientAuthority == nil, clientCertificates != .none {
      report(.tlsClientCertificates, "needs tls_client_ca, which says whose certificates are good")
    }
    let texts = (
      certificate: content(certificate, of: .tlsCertificate), key: content(key, of: .tlsKey),
      authority: content(clientAuthority, of: .tlsClientCA)
    )
    guard problems.count == before, certificate != nil else { return nil }
    do throws(TLSIdentity.Fault) {
      return try TLSIdentity(
        certificate: texts.certificate, key: texts.key,
        clientAuthority: clientAuthority == nil ? nil : texts.authority,
        clientCertificates: clientCertificates)
    } catch {
      let (key, message) = Self.words(error, self)
      report(key, message)
      return nil
    }
  }

  private static func words(
    _ fault: TLSIdentity.Fault, _ tls: TLSConfiguration
  ) -> (SettingKey, String) {
    switch fault {
    case .certificate(let reason):
      (.tlsCertificate, "\"\(tls.certificate ?? "")\" has no usable certificate: \(reason)")
    case .key(let reason):
      (.tlsKey, "\"\(tls.key ?? "")\" has no usable key; a password is not possible: \(reason)")
    case .pair(let reason):
      (.tlsKey, "the key is not that of the first certificate in tls_certificate: \(reason)")
    case .clientAuthority(let reason):
      (.tlsClientCA, "\"\(tls.clientAuthority ?? "")\" has no usable certificate: \(reason)")
    case .noClientAuthority: (.tlsClientCertificates, "needs tls_client_ca")
    }
  }
}
