import CMicroHTTPD
import Glibc

/// The encryption of one connection, which belongs to libmicrohttpd like the connection.
///
/// While the connection is suspended the library does not touch it, and we may.
@safe final class TLSSession {
  private let pointer: OpaquePointer
  private let transport: UnsafeMutablePointer<cmhd_transport>

  @unsafe init(_ pointer: OpaquePointer) {
    unsafe self.pointer = pointer
    unsafe transport = .allocate(capacity: 1)
  }

  deinit { unsafe transport.deallocate() }

  /// Prepares the handshake: whom it asks for a certificate, and where it counts what it moves.
  @unsafe func begin(
    on descriptor: Int32, _ wish: TLSIdentity.ClientCertificates, moved: UnsafeMutablePointer<UInt>
  ) {
    unsafe transport.initialize(to: cmhd_transport(descriptor: descriptor, moved: moved))
    unsafe cmhd_tls_count(pointer, transport)
    if wish != .none { unsafe cmhd_tls_ask_client(pointer, wish == .required ? 1 : 0) }
  }

  /// Who the client is, after the handshake has verified it; nil when it has shown no certificate.
  var clientCertificate: ClientCertificate? {
    guard let certificate = unsafe cmhd_tls_client_certificate(pointer) else { return nil }
    defer { unsafe gnutls_x509_crt_deinit(certificate) }
    let names = (0..<2).map { index in
      unsafe Self.text { unsafe cmhd_tls_common_name(certificate, UInt32(index), $0, $1) }
    }
    let subject = unsafe Self.text { unsafe gnutls_x509_crt_get_dn(certificate, $0, $1) }
    // Of two names nobody could say which one counts.
    return ClientCertificate(
      commonName: names[1] == nil ? names[0] : nil, subject: subject ?? "")
  }

  /// Writes as much as there is room for now.
  ///
  /// After `.wouldBlock` the same bytes must be given again.
  func send(_ bytes: ArraySlice<UInt8>) -> StreamSocket.Written {
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe gnutls_record_send(pointer, bytes.baseAddress, bytes.count)
    }
    if result >= 0 { return .bytes(result) }
    return Self.isPassing(result) ? .wouldBlock : .failed
  }

  /// Reads into the front of a buffer what has arrived.
  func receive(into buffer: inout [UInt8]) -> StreamSocket.Received {
    let result = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe gnutls_record_recv(pointer, bytes.baseAddress, bytes.count)
    }
    if result > 0 { return .bytes(result) }
    // Many clients close their socket without a goodbye.
    if result == 0 || result == Int(GNUTLS_E_PREMATURE_TERMINATION) { return .end }
    return Self.isPassing(result) ? .wouldBlock : .failed
  }

  /// Whether bytes have been decrypted that nobody has read: the socket does not tell of them.
  var hasUnread: Bool { unsafe gnutls_record_check_pending(pointer) > 0 }

  /// Says that nothing more will be sent; false when that must be tried again.
  func sayGoodbye() -> Bool {
    let result = unsafe gnutls_bye(pointer, GNUTLS_SHUT_WR)
    return !Self.isPassing(Int(result))
  }

  private static func isPassing(_ error: Int) -> Bool {
    error == Int(GNUTLS_E_AGAIN) || error == Int(GNUTLS_E_INTERRUPTED)
  }

  /// A text that C writes into a buffer; nil for none, and for one that could mislead its reader.
  @unsafe private static func text(
    _ write: (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<Int>) -> Int32
  ) -> String? {
    var bytes = [CChar](repeating: 0, count: 1024)
    var count = bytes.count
    guard unsafe write(&bytes, &count) >= 0 else { return nil }
    var text = bytes[..<min(count, bytes.count)].map { UInt8(bitPattern: $0) }
    while text.last == 0 { text.removeLast() }
    guard !text.isEmpty, text.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
    return String(validating: text, as: UTF8.self)
  }
}
