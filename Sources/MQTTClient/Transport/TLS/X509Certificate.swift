import COpenSSL

/// A certificate, and what the checks and error texts need of it.
@safe final class X509Certificate {
  let handle: OpaquePointer

  /// Frees the certificate at its end.
  init(owning handle: OpaquePointer) {
    unsafe self.handle = handle
  }

  /// Shares a certificate that somebody else owns too.
  init(sharing handle: OpaquePointer) {
    unsafe X509_up_ref(handle)
    unsafe self.handle = handle
  }

  deinit { unsafe X509_free(handle) }

  /// The certificates of one of OpenSSL's lists, which stays the caller's.
  static func all(in stack: OpaquePointer) -> [X509Certificate] {
    (0..<max(0, unsafe OPENSSL_sk_num(stack))).compactMap { index in
      unsafe OPENSSL_sk_value(stack, index).map {
        unsafe X509Certificate(sharing: OpaquePointer($0))
      }
    }
  }

  /// In the notation of RFC 2253, with everything escaped that is no printable ASCII.
  var subject: String {
    guard let bio = unsafe BIO_new(BIO_s_mem()) else { return "?" }
    defer { unsafe BIO_free(bio) }
    let flags = UInt(ASN1_STRFLGS_ESC_2253 | ASN1_STRFLGS_ESC_CTRL | ASN1_STRFLGS_ESC_MSB)
    let separated = flags | UInt(XN_FLAG_SEP_COMMA_PLUS | XN_FLAG_DN_REV)
    unsafe X509_NAME_print_ex(bio, X509_get_subject_name(handle), 0, separated)
    var text = [UInt8](repeating: 0, count: 512)
    var count = 0
    guard unsafe BIO_read_ex(bio, &text, text.count, &count) == 1 else { return "empty" }
    return String(decoding: text[..<count], as: UTF8.self)
  }

  /// The names and addresses it is for, ten at most; without any its common name.
  var names: [String] {
    guard
      let found = unsafe X509_get_ext_d2i(handle, NID_subject_alt_name, nil, nil)
    else { return [subject] }
    let stack = OpaquePointer(found)
    defer { unsafe GENERAL_NAMES_free(stack) }
    return (0..<min(10, unsafe OPENSSL_sk_num(stack))).compactMap { index in
      guard let entry = unsafe OPENSSL_sk_value(stack, index) else { return nil }
      return unsafe Self.text(entry.assumingMemoryBound(to: GENERAL_NAME.self))
    }
  }

  private static func text(_ name: UnsafePointer<GENERAL_NAME>) -> String? {
    var kind: Int32 = 0
    guard let value = unsafe GENERAL_NAME_get0_value(name, &kind),
      kind == GEN_DNS || kind == GEN_IPADD
    else { return nil }
    let string = unsafe value.assumingMemoryBound(to: ASN1_STRING.self)
    let count = Int(unsafe ASN1_STRING_length(string))
    guard count > 0, let start = unsafe ASN1_STRING_get0_data(string) else { return nil }
    let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if kind == GEN_DNS {
      let printable = bytes.prefix(255).map { 0x20..<0x7F ~= $0 ? $0 : UInt8(ascii: "?") }
      return String(decoding: printable, as: UTF8.self)
    }
    if count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
    guard count == 16 else { return nil }
    return stride(from: 0, to: 16, by: 2)
      .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
      .joined(separator: ":")
  }

  /// The hash that a pin is compared with.
  var publicKeySHA256: [UInt8]? {
    guard let key = unsafe X509_get_X509_PUBKEY(handle) else { return nil }
    let count = unsafe i2d_X509_PUBKEY(key, nil)
    guard count > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let written = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
      var next = buffer.baseAddress
      return unsafe i2d_X509_PUBKEY(key, &next)
    }
    return written == count ? try? Cryptography.sha256(bytes) : nil
  }

  /// The hash of the whole certificate.
  var sha256: [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Cryptography.sha256Bytes)
    return unsafe X509_digest(handle, EVP_sha256(), &bytes, nil) == 1 ? bytes : nil
  }

  /// Whether its time is over.
  var hasExpired: Bool { unsafe X509_cmp_current_time(X509_get0_notAfter(handle)) <= 0 }
}
