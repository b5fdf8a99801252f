/// Whom a verified certificate of a client is for.
package struct ClientCertificate: Equatable, Sendable {
  /// The common name of its subject; nil when it has none, or several.
  package let commonName: String?
  /// The whole subject, as RFC 4514 writes it.
  package let subject: String

  package init(commonName: String?, subject: String) {
    self.commonName = commonName
    self.subject = subject
  }
}
