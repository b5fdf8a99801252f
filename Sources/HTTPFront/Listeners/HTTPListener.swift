/// Where a server takes connections, and for which application.
///
/// All listeners of a server share its threads and limits.
package struct HTTPListener: Sendable {
  package enum Address: Equatable, Sendable {
    /// A name or an address; port 0 lets the system choose, and `HTTPServer.ports` tells.
    case tcp(host: String, port: Int)
    /// A socket in the file system with these permissions. A file that a dead server has left
    /// behind is replaced.
    case unix(path: String, mode: UInt32 = 0o660)
  }

  package var address: Address
  package var application: any HTTPApplication
  /// Every connection begins with a header of the PROXY protocol, version 1 or 2.
  ///
  /// It names the client; a connection without it is closed. Only for listeners that nobody but the proxy reaches.
  package var expectsProxyHeader: Bool
  /// What it shows to clients if it speaks TLS; not for sockets in the file system.
  ///
  /// `HTTPServer.replaceIdentity` changes it for the connections to come.
  package var tls: TLSIdentity?

  /// Whether we accept its connections, and not libmicrohttpd.
  var hasDoor: Bool { expectsProxyHeader || tls != nil }

  package init(
    _ address: Address, expectsProxyHeader: Bool = false, tls: TLSIdentity? = nil,
    application: any HTTPApplication
  ) {
    self.address = address
    self.application = application
    self.expectsProxyHeader = expectsProxyHeader
    self.tls = tls
  }
}
