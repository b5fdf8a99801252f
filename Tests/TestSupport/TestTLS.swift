import COpenSSL
import Glibc

/// What a TLS client of a test trusts and shows.
package struct TestTLSOptions: Sendable {
  /// The authority it trusts, one of `TestCertificates`.
  package var authority = "ca"
  /// Its own certificate, one of `TestCertificates`.
  package var certificate: String?
  /// The newest version it speaks, such as `TLS1_1_VERSION`; nil for any.
  package var versionMax: Int32?

  package init(certificate: String? = nil, versionMax: Int32? = nil) {
    self.certificate = certificate
    self.versionMax = versionMax
  }

  package static let tls11 = TestTLSOptions(versionMax: TLS1_1_VERSION)
  package static let tls12 = TestTLSOptions(versionMax: TLS1_2_VERSION)
}

/// The TLS of a test's client, by OpenSSL, on a connected and blocking socket.
@safe package final class TestTLS {
  private let context: OpaquePointer
  private let connection: OpaquePointer

  /// Does the handshake; the certificate of the server must be for `localhost`.
  package init(_ socket: Int32, _ options: TestTLSOptions) throws {
    // OpenSSL's writes would end the process when the server has left.
    signal(SIGPIPE, SIG_IGN)
    guard let context = unsafe SSL_CTX_new(TLS_client_method()) else {
      throw Self.failure("context")
    }
    let files = try TestCertificates.shared()
    var isReady =
      unsafe SSL_CTX_load_verify_locations(context, files.path("\(options.authority).pem"), nil)
      == 1
    unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
    if let name = options.certificate {
      isReady =
        unsafe isReady
        && SSL_CTX_use_certificate_chain_file(context, files.path("\(name).pem")) == 1
        && SSL_CTX_use_PrivateKey_file(context, files.path("\(name).key"), SSL_FILETYPE_PEM) == 1
    }
    if let version = options.versionMax {
      // OpenSSL's default level of security has no TLS 1.1.
      unsafe SSL_CTX_set_security_level(context, 0)
      isReady = unsafe isReady && copenssl_set_versions(context, 0, version) == 1
    }
    guard isReady, let connection = unsafe SSL_new(context) else {
      unsafe SSL_CTX_free(context)
      throw Self.failure("options")
    }
    unsafe self.context = context
    unsafe self.connection = connection
    // Else the request waits for the acknowledgement of the handshake's end.
    var on: Int32 = 1
    unsafe setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    unsafe setsockopt(
      socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    unsafe SSL_set1_host(connection, "localhost")
    guard unsafe SSL_set_fd(connection, socket) == 1, unsafe SSL_connect(connection) == 1 else {
      throw Self.failure("handshake")
    }
  }

  deinit {
    unsafe SSL_free(connection)
    unsafe SSL_CTX_free(context)
  }

  /// Writes everything; false when the connection has ended.
  package func send(_ bytes: [UInt8]) -> Bool {
    let count = Int32(bytes.count)
    guard count > 0 else { return true }
    return unsafe bytes.withUnsafeBytes { buffer in
      unsafe SSL_write(connection, buffer.baseAddress, count) == count
    }
  }

  /// Waits for bytes; empty at the end of the stream, nil when the server has said that it refuses.
  package func receive(atMost limit: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = unsafe SSL_read(connection, &bytes, Int32(limit))
    if count > 0 { return Array(bytes[..<Int(count)]) }
    return unsafe SSL_get_error(connection, count) == SSL_ERROR_SSL ? nil : []
  }

  /// Whether bytes are there of which the socket does not tell.
  package var hasPending: Bool { unsafe SSL_pending(connection) > 0 }

  /// Says that nothing more will be sent.
  package func sayGoodbye() { _ = unsafe SSL_shutdown(connection) }

  /// The common name in the server's certificate.
  package var serverName: String {
    guard let certificate = unsafe SSL_get1_peer_certificate(connection) else { return "" }
    defer { unsafe X509_free(certificate) }
    var text = [CChar](repeating: 0, count: 256)
    let name = unsafe X509_get_subject_name(certificate)
    let count = unsafe X509_NAME_get_text_by_NID(name, NID_commonName, &text, Int32(text.count))
    return String(
      decoding: text[..<max(0, Int(count))].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func failure(_ step: String) -> TestFailure {
    let code = ERR_get_error()
    let reason = unsafe ERR_reason_error_string(code).map { unsafe String(cString: $0) }
    return TestFailure("TLS \(step): \(reason ?? "error \(code)")")
  }
}
